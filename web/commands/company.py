"""`stagelift company`: whose processes are tested here."""

from __future__ import annotations

import click

from web.commands import json_option, open_store


@click.group()
def company() -> None:
    """Set and show the company's name, time zone and currency."""


@company.command("set")
@click.option("--name", required=True)
@click.option("--time-zone", required=True, help="In which days begin, such as Europe/Berlin.")
@click.option("--currency", required=True, help="Its three letters, such as EUR.")
@json_option
def set_(name: str, time_zone: str, currency: str, as_json: bool) -> None:
    """Set up the company, or change it."""
    from experiments.company import found
    from web.cli import print_json
    from web.site import utc_now

    with open_store() as session:
        known = found(session, name=name, time_zone=time_zone, currency=currency, now=utc_now())
        shown = _shown(known.name, known.time_zone, known.currency)
    if as_json:
        print_json(shown)
    else:
        click.echo(f"{known.name}: days in {known.time_zone}, money in {known.currency}.")


@company.command()
@json_option
def show(as_json: bool) -> None:
    """Show the company."""
    from experiments.company import the_company
    from web.cli import print_json

    with open_store(writes=False) as session:
        known = the_company(session)
    if as_json:
        print_json(_shown(known.name, known.time_zone, known.currency))
    else:
        click.echo(f"{known.name}: days in {known.time_zone}, money in {known.currency}.")


def _shown(name: str, time_zone: str, currency: str) -> dict[str, str]:
    return {"name": name, "time_zone": time_zone, "currency": currency}
