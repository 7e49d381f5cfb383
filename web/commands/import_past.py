"""`stagelift import crm`: a connected CRM's past, by its API."""

from __future__ import annotations

import os

import click

from web.commands import BadInput, json_option, open_store


@click.command("crm")
@click.argument("name")
@click.option("--dry-run", is_flag=True, help="Store nothing; say what would be stored.")
@json_option
def crm(name: str, dry_run: bool, as_json: bool) -> None:
    """Ask the connected CRM NAME for every deal and the stages that it went through.

    The address and token are those of Settings → Connections. Brought again it adds only what
    is new; it is one transaction, and `stagelift import undo` takes it back.
    """
    from dataclasses import asdict

    from experiments.exchange.connections import connections
    from experiments.exchange.outbox_sending import world
    from experiments.importing.past import import_past
    from web.cli import print_json
    from web.site import utc_now

    with open_store() as session:
        found = next((each for each in connections(session) if each.name == name), None)
        if found is None:
            raise BadInput(f"There is no connection {name}: make one under Settings.")
        with world() as client:
            told = import_past(session, found, client, environ=os.environ, now=utc_now())
        if dry_run:
            session.rollback()
    if as_json:
        print_json({"dry_run": dry_run, **asdict(told)})
        return
    said = "Would add" if dry_run else "Added"
    click.echo(
        f"{said} {told.accepted} events; {told.repeated} told before, {told.waiting} wait, "
        f"{told.refused} refused. {told.first_fault}".strip()
    )
