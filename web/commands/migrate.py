"""`stagelift migrate`: bring the database to the present schema."""

from __future__ import annotations

import click

from web.commands import clear_errors, json_option


@click.command()
@json_option
def migrate(as_json: bool) -> None:
    """Bring the database to the present schema; run it again, and nothing happens.

    An SQLite file is made where there is none.
    """
    from experiments.store.engine import make_engine
    from experiments.store.migration import is_current, upgrade
    from web.cli import print_json
    from web.settings import Settings

    with clear_errors():
        engine = make_engine(Settings().database_url)
        migrated = not is_current(engine)
        if migrated:
            upgrade(engine)
        engine.dispose()
    if as_json:
        print_json({"migrated": migrated})
    else:
        click.echo("Migrated." if migrated else "The schema is the present one already.")
