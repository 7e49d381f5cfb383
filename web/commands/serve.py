"""`stagelift serve`: the site, in one process."""

from __future__ import annotations

import socket
from ipaddress import ip_address
from typing import TYPE_CHECKING

import click

from web.commands import Failed, clear_errors, json_option, open_engine, settled

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from web.settings import Settings

# How long requests under way may take to end after Ctrl-C.
GRACE_SECONDS = 10
BACKLOG = 128


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port",
    default=8000,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="The port to listen on; 0 takes a free one.",
)
@click.option(
    "--worker/--no-worker",
    "works",
    default=None,
    help="Do what falls due here too; left open, where the database is an SQLite file.",
)
@json_option
def serve(host: str, port: int, works: bool | None, as_json: bool) -> None:
    """Serve the site until Ctrl-C. An SQLite file is made and migrated first.

    With PostgreSQL, `stagelift worker` does what falls due.
    """
    from web.cli import print_json
    from web.settings import Settings

    with clear_errors():
        settings = Settings()
    listener = listen(host, port)
    if as_json:
        print_json({"url": url_of(listener)})
    else:
        click.echo(f"Stagelift is at {url_of(listener)} (Ctrl-C stops it).")
    run(settings, listener, works=works)


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there. Raises Failed where that is not possible."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        # From here on callers wait in the queue, so that the address may be told at once.
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise Failed(f"Cannot listen on {host}:{port}: {error.strerror}.") from None
    return listener


def url_of(listener: socket.socket) -> str:
    """The address under which a listening socket is reached."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def run(settings: Settings, listener: socket.socket, *, works: bool | None = None) -> None:
    """Serve the site on a socket until Ctrl-C; an SQLite file is migrated first.

    Args:
        works: Whether the site does what falls due; None for: where its database is a file.
    """
    try:
        with listener:
            _serve(settings, listener, works)
    except KeyboardInterrupt:
        # It may come while the site is still being loaded, too.
        click.echo("Stopped.", err=True)


def _is_this_machine(listener: socket.socket) -> bool:
    return ip_address(listener.getsockname()[0]).is_loopback


def _refuse_known_passwords(engine: Engine) -> None:
    """Raises Failed where anybody could sign in: the demo's password stands in its documents."""
    from experiments.demo.company import open_to_everybody
    from experiments.store.engine import make_sessions

    with make_sessions(engine)() as session:
        if known := open_to_everybody(session):
            raise Failed(
                "This database is the demo's, and its password is no secret: close "
                f"{', '.join(known)} or change their passwords, or serve it on 127.0.0.1."
            )


def _serve(settings: Settings, listener: socket.socket, works: bool | None) -> None:
    import uvicorn

    from web import logs
    from web.app import create_app
    from web.database import Database

    logs.set_up(settings.log)

    with clear_errors(), open_engine(settings) as engine:
        if not _is_this_machine(listener):
            _refuse_known_passwords(engine)
        if works is None:
            works = engine.dialect.name == "sqlite"
        app = create_app(settings, database=Database(engine), works=works)
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
        with settled():
            uvicorn.Server(config).run(sockets=[listener])
