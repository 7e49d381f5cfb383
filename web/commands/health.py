"""`stagelift experiment health`: whether a test can be believed."""

from __future__ import annotations

from datetime import datetime

import click

from web.commands import json_option, open_store

DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.command()
@click.argument("key")
@click.option("--as-of", type=DAY, help="At the end of this day, such as 2026-03-31.")
@json_option
def health(key: str, as_of: datetime | None, as_json: bool) -> None:
    """Print the checks and counts of the launched experiment KEY, never its effects."""
    from experiments.company import the_company
    from experiments.experiment import experiment as find
    from experiments.health_report import health_on
    from web.cli import print_json
    from web.health_words import HealthWords, as_dict
    from web.sentences import CHECKS
    from web.site import utc_now
    from web.templating import reader_for

    with open_store(writes=False) as session:
        day = as_of.date() if as_of else None
        found = health_on(session, find(session, key), now=utc_now(), day=day)
        said = HealthWords(reader_for("en", the_company(session).zone))
    if as_json:
        print_json(as_dict(found))
        return
    for each in found.checks:
        mark = "BAD" if each.prevents else {"passed": "ok", "failed": "!"}.get(each.state, "?")
        click.echo(f"{mark:4}{CHECKS[each.name]}")
        if each.failed:
            click.echo(f"    {'; '.join(map(said.figure, each.figures))}")
            click.echo(f"    {said.advice(each)}")
    for first in found.kept_out:
        click.echo(f"Leads kept out, as they are in {first.name}: {first.leads:,}.")
