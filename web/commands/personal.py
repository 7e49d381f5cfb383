"""`stagelift personal`: what is stored of one person."""

from __future__ import annotations

import click

from web.commands import open_store


@click.group()
def personal() -> None:
    """Hand over what is stored of a lead or a rep."""


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
