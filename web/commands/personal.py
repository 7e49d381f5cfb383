"""`stagelift personal`: what is stored of one person."""

from __future__ import annotations

import click

from web.commands import open_store


@click.group()
def personal() -> None:
    """Hand over what is stored of a lead or a rep, or erase it."""


@personal.command()
@click.argument("kind", type=click.Choice(("lead", "rep")))
@click.argument("external_id")
def export(kind: str, external_id: str) -> None:
    """Print all that the tables tell of a lead or a rep, as one JSON document."""
    from experiments.leads import lead
    from experiments.people import rep_by_external_id
    from experiments.personal_data import known_of_lead, known_of_rep
    from web.cli import print_json

    with open_store(writes=False) as session:
        if kind == "lead":
            known = known_of_lead(session, lead(session, external_id))
        else:
            known = known_of_rep(session, rep_by_external_id(session, external_id))
    print_json(known)


@personal.command()
@click.argument("kind", type=click.Choice(("lead",)))
@click.argument("external_id")
@click.option("--yes", is_flag=True, help="Do it: it cannot be undone.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def erase(kind: str, external_id: str, yes: bool, as_json: bool) -> None:
    """Erase a lead's name, reasons and records as they came; every count stays."""
    from datetime import UTC, datetime

    from experiments.erasing import erase as erase_lead
    from experiments.leads import lead
    from web.cli import print_json

    if not yes:
        raise click.UsageError("this cannot be undone: repeat it with --yes")
    with open_store() as session:
        gone = erase_lead(session, lead(session, external_id), by=None, now=datetime.now(UTC))
    if as_json:
        print_json({kind: external_id, "events": gone.events, "waiting": gone.waiting})
    else:
        click.echo(f"Erased the words of {gone.events} events and {gone.waiting} waiting records.")
