"""`stagelift backup` and `restore`: the whole store as one file, and back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from web.commands import clear_errors, json_option

if TYPE_CHECKING:
    from experiments.store.backup import Copied

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument("file", type=_FILE)
@json_option
def backup(file: Path, as_json: bool) -> None:
    """Copy the database, also while it is in use, into FILE, which must not be there yet."""
    from experiments.store import backup as copies
    from web.commands import open_engine
    from web.settings import Settings

    with clear_errors(), open_engine(Settings()) as engine:
        copied = copies.backup(engine, file)
    _tell(copied, f"{copied.total:,} rows are in {file}, read back and found the same.", as_json)


@click.command()
@click.argument("file", type=_FILE)
@json_option
def restore(file: Path, as_json: bool) -> None:
    """Fill an empty database from FILE, which `backup` made."""
    from experiments.store import backup as copies
    from experiments.store.engine import make_engine
    from web.settings import Settings

    with clear_errors():
        engine = make_engine(Settings().database_url)
        try:
            copied = copies.restore(file, engine)
        finally:
            engine.dispose()
    _tell(copied, f"{copied.total:,} rows are restored, read back and found the same.", as_json)


def _tell(copied: Copied, said: str, as_json: bool) -> None:
    from web.cli import print_json

    if as_json:
        print_json({"rows": copied.total, "tables": copied.rows})
    else:
        click.echo(said)
