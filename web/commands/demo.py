"""`stagelift demo`: a believable company in a database of its own, and the site over it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from web.commands import BadInput, Failed, clear_errors, json_option, open_engine
from web.commands.serve import listen, run, url_of

if TYPE_CHECKING:
    import socket
    from datetime import datetime

    from web.settings import Settings

Say = Callable[[str], None]

FILE = "stagelift.sqlite"
# What each account is good for.
ERRANDS = {
    "manager": "plans and launches experiments, reads reports, decides",
    "rep": "works leads by the process to follow; sees no results",
    "analyst": "plans, imports, checks and exports",
    "admin": "adds people and teams",
    "viewer": "reads reports",
}
# A company whose last day is older looks deserted.
STALE = timedelta(days=2)


@click.command()
@click.option(
    "--port",
    default=8000,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="The port to listen on, on this machine only; 0 takes a free one.",
)
@click.option(
    "--folder",
    default=".demo",
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the demo's database is kept.",
)
@click.option("--fresh", is_flag=True, help="Throw the demo's database away and make a new one.")
@click.option(
    "--scale",
    default=1.0,
    show_default=True,
    type=click.FloatRange(0.01, 20),
    help="How many leads a new company has; 1 means about four thousand.",
)
@click.option("--no-serve", is_flag=True, help="Make the database, and stop.")
@json_option
def demo(
    port: int, folder: Path, fresh: bool, scale: float, no_serve: bool, as_json: bool
) -> None:
    """Serve a made-up company to look around in. The first start makes it."""
    from web.cli import print_json

    def say(line: str) -> None:
        click.echo(line, err=as_json)

    # Taken before the work, so that a port in use is said at once.
    listener = None if no_serve else _listen(port)
    database = folder / FILE
    with clear_errors():
        makes = fresh or not database.exists()
        if makes:
            _make(database, scale, say)
        until = _known_until(database)
    url = url_of(listener) if listener else None
    if as_json:
        print_json(_document(url, database, until, made=makes))
    else:
        _introduce(url, folder, None if makes else until)
    if listener:
        run(_settings(database), listener)


def _listen(port: int) -> socket.socket:
    try:
        return listen("127.0.0.1", port)
    except Failed as failure:
        raise BadInput(f"{failure.message} --port takes another one.") from None


def _make(database: Path, scale: float, say: Say) -> None:
    try:
        database.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(f"Cannot make {database.parent}: {error.strerror}.") from None
    # It gets its name when it is whole: a start that is broken off leaves no half a company.
    unfinished = database.with_name("unfinished.sqlite")
    _remove(unfinished)
    say(f"Making the demo in {database.parent} (once, some fifteen seconds):")
    try:
        _fill(unfinished, scale, lambda line: say(f"  {line}"))
        _remove(database)
        unfinished.replace(database)
    finally:
        _remove(unfinished)


def _fill(database: Path, scale: float, say: Say) -> None:
    from experiments.demo.making import make
    from experiments.store.engine import make_sessions
    from web.site import utc_now

    with open_engine(_settings(database)) as engine, make_sessions(engine).begin() as session:
        made = make(session, now=utc_now(), scale=scale, say=say)
    say(f"{made.leads:,} leads with {made.events:,} events.")


def _known_until(database: Path) -> datetime:
    """The last moment of the company's history."""
    from sqlalchemy import func, select

    from experiments.events import Source
    from experiments.store.engine import make_sessions

    with open_engine(_settings(database)) as engine, make_sessions(engine)() as session:
        until: datetime | None = session.scalar(select(func.max(Source.complete_through_at)))
    if until is None:
        raise BadInput(f"{database} is not a demo's database; --fresh makes a new one.")
    return until


def _introduce(url: str | None, folder: Path, made_at: datetime | None) -> None:
    from experiments.demo.company import ACCOUNTS, PASSWORD
    from web.site import utc_now

    if made_at:
        click.echo(f"The demo in {folder} ends on {made_at:%d %B %Y}.")
        if utc_now() - made_at > STALE:
            click.echo("--fresh makes one that ends today.")
    if url:
        click.echo(f"Stagelift is at {url} (Ctrl-C stops it).")
    click.echo(f"Sign in with the password {PASSWORD} as")
    for each in ACCOUNTS:
        click.echo(f"  {each.email:<30}{each.role:<9}{ERRANDS[each.role]}")


def _document(
    url: str | None, database: Path, until: datetime, *, made: bool
) -> dict[str, object]:
    from experiments.demo.company import ACCOUNTS, PASSWORD

    return {
        "url": url,
        "database": str(database),
        "made": made,
        "until": until.isoformat(),
        "accounts": [
            {"role": each.role, "name": each.name, "email": each.email, "password": PASSWORD}
            for each in ACCOUNTS
        ],
    }


def _settings(database: Path) -> Settings:
    from web.settings import Settings

    # The demo is for this machine only, whatever the environment says of a real site.
    return Settings(database_url=f"sqlite:///{database}", public_url="", secure_cookies=False)


def _remove(database: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        database.with_name(database.name + suffix).unlink(missing_ok=True)
