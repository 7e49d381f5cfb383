"""`stagelift experiment count`: a test's counts, from the store or from a warehouse."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from web.commands import json_option, open_store

if TYPE_CHECKING:
    from experiments.counting import RepCount
    from experiments.experiment import Experiment


@click.command()
@click.argument("key")
@click.option(
    "--warehouse",
    envvar="STAGELIFT_WAREHOUSE_URL",
    show_envvar=True,
    help="Count in this database instead of the store: duckdb://FILE, pyspark://, bigquery://…",
)
@json_option
def count(key: str, warehouse: str | None, as_json: bool) -> None:
    """Count the leads of the experiment KEY by variant and rep, where its events are."""
    from experiments import counting
    from experiments.experiment import experiment
    from experiments.warehouse import connected, count_in, present_window
    from web.cli import print_json
    from web.site import utc_now

    with open_store(writes=False) as session:
        found = experiment(session, key)
        window = present_window(session, found, now=utc_now())
        if warehouse:
            counted = count_in(connected(warehouse), window)
        else:
            counted = counting.count(session, window)
        rows = _rows(found, counted)
    if as_json:
        print_json({"experiment": key, "counts": rows})
        return
    click.echo(f"{'variant':20}{'rep':>8}{'leads':>10}{'matured':>10}{'won':>10}")
    for row in rows:
        words = f"{row['variant'][:19]:20}{row['rep_id']:8}{row['enrolled']:10}"
        click.echo(f"{words}{row['matured']:10}{row['reached']['won']:10}")


def _rows(found: Experiment, counted: list[RepCount]) -> list[dict[str, Any]]:
    names = {each.id: each.key for each in found.variants}
    rows = [
        {
            "variant": names.get(each.variant_id, str(each.variant_id)),
            "rep_id": each.rep_id,
            "enrolled": each.enrolled,
            "matured": each.matured,
            "open": each.open,
            "reached": {str(milestone): n for milestone, n in each.reached.items()},
            "won_value_minor": each.value.total if each.value else None,
        }
        for each in counted
    ]
    return sorted(rows, key=lambda row: (row["variant"], row["rep_id"]))
