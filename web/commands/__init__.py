"""One file a command of `stagelift`; each is imported only when it runs.

What they share is here, and imports nothing heavy before a command runs: `--help` is quick.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from textwrap import shorten
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

    from web.settings import Settings

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")


class BadInput(click.ClickException):
    """What was given cannot be used; exit code 2."""

    exit_code = 2


class Failed(click.ClickException):
    """What was given is right, and yet it did not work; exit code 1."""


# A cell of a file that is quoted may be as long as a book.
_LONGEST_LINE = 2000


def _one_line(said: str) -> str:
    return shorten(said, _LONGEST_LINE, placeholder=" …")


@contextmanager
def settled() -> Iterator[None]:
    """Take all that is loaded now out of what Python's collector of garbage looks through.

    It stays as long as the command works, and a thousand events make the collector look
    through all of it: a sixth of the time that storing them takes.
    """
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


@contextmanager
def clear_errors() -> Iterator[None]:
    """Turn errors of the domain, the settings and the database into one line on stderr."""
    from pydantic import ValidationError
    from sqlalchemy.exc import DBAPIError

    from experiments.findings import from_pydantic
    from experiments.problem import NotFound, Refused

    try:
        yield
    except Refused as refusal:
        raise BadInput(_one_line("; ".join(map(str, refusal.problems)))) from None
    except NotFound as error:
        raise BadInput(f"There is no {error.kind} {error.key}.") from None
    except ValidationError as error:
        problems = from_pydantic(error).problems
        said = "; ".join(f"STAGELIFT_{each.where.upper()}: {each.text}" for each in problems)
        raise BadInput(said) from None
    except DBAPIError as error:
        raise Failed(f"The database refuses: {str(error.orig).strip().splitlines()[0]}") from None


@contextmanager
def open_store(*, writes: bool = True) -> Iterator[Session]:
    """A session on the database of the settings, committed at the end; errors are clear.

    An SQLite file is made and migrated when it has to be; a server must be migrated already.
    """
    from web.database import Database
    from web.settings import Settings

    with clear_errors(), open_engine(Settings()) as engine:
        database = Database(engine)
        with database.writing() if writes else database.reading() as session:
            yield session


@contextmanager
def open_engine(settings: Settings) -> Iterator[Engine]:
    """The engine of the settings, its schema present. Raises Failed for an old server's."""
    from experiments.store.engine import make_engine
    from experiments.store.migration import is_current, upgrade

    engine = make_engine(settings.database_url)
    try:
        if not is_current(engine):
            if engine.dialect.name != "sqlite":
                raise Failed("The database is not at the present schema: run `stagelift migrate`.")
            upgrade(engine)
        yield engine
    finally:
        engine.dispose()
