"""`stagelift worker`: does what falls due, beside the site."""

from __future__ import annotations

import os
import signal
from threading import Event, Thread
from types import FrameType
from typing import TYPE_CHECKING

import click

from web.commands import clear_errors, json_option, open_engine

if TYPE_CHECKING:
    from web.worker import Worker


@click.command()
@click.option("--once", is_flag=True, help="Stop when nothing is due any more.")
@json_option
def worker(once: bool, as_json: bool) -> None:
    """Do what falls due until Ctrl-C or SIGTERM: read deliveries, tell CRMs.

    What is under way ends first. Several workers may run at once on PostgreSQL.
    """
    from web import logs
    from web.cli import print_json
    from web.database import Database
    from web.settings import Settings
    from web.site import utc_now
    from web.worker import Worker, jobs_of

    with clear_errors():
        settings = Settings()
    logs.set_up(settings.log)
    with clear_errors(), open_engine(settings) as engine:
        made = Worker(Database(engine), jobs_of(os.environ), clock=utc_now)
        if once:
            done = made.run_out()
            if as_json:
                print_json({"done": done})
            else:
                click.echo(f"Done: {done}.")
            return
        if as_json:
            print_json({"works": True})
        else:
            click.echo("Working (Ctrl-C stops it).")
        _work(made)


def _work(made: Worker) -> None:
    """Work in a thread, so that a signal never comes upon a lock that the work holds."""
    stop, alarm = Event(), Event()
    signal.signal(signal.SIGTERM, _interrupt)
    thread = Thread(target=made.run, args=(stop, alarm))
    thread.start()
    try:
        thread.join()
    except KeyboardInterrupt:
        click.echo("Stopping.", err=True)
    stop.set()
    alarm.set()
    thread.join()


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
