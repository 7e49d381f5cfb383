"""`stagelift export`: the leads of an experiment, one a row."""

from __future__ import annotations

from pathlib import Path

import click

from web.commands import json_option, open_store


@click.command()
@click.argument("key")
@click.option("--matured", is_flag=True, help="Only leads whose horizon has passed.")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Write to this file instead of standard output.",
)
@json_option
def export(key: str, matured: bool, out: Path | None, as_json: bool) -> None:
    """Print the leads of the experiment KEY as CSV: whose, in which variant, what came of them.

    Outcomes are left out while the report hides the effects. `stagelift analyse` reads it.
    """
    import json

    from experiments.experiment import experiment
    from experiments.lead_export import as_csv, lead_rows
    from web.site import utc_now

    with open_store(writes=False) as session:
        rows = lead_rows(session, experiment(session, key), now=utc_now(), matured=matured)
        if as_json:
            text = json.dumps({"leads": [each.as_dict() for each in rows]}, indent=2) + "\n"
        else:
            text = as_csv(rows)
    if out:
        out.write_text(text, "utf-8")
        click.echo(f"{len(rows)} leads are in {out}.", err=True)
    else:
        click.echo(text, nl=False)
