"""`stagelift experiment decide`: what becomes of a measured test."""

from __future__ import annotations

import click

from web.commands import json_option, open_store

CHOICES = click.Choice(["adopt", "keep", "run_again", "inconclusive"])


@click.command()
@click.argument("key")
@click.option("--choice", type=CHOICES, required=True, help="What is decided.")
@click.option("--variant", help="The key of the variant to adopt.")
@click.option("--reason", required=True, help="Why, for those who ask in a year.")
@json_option
def decide(key: str, choice: str, variant: str | None, reason: str, as_json: bool) -> None:
    """Decide on the measured experiment KEY.

    What the report does not advise waits until somebody agrees on the site.
    """
    from experiments import proposal
    from experiments.decision import Choice
    from experiments.experiment import experiment as find
    from experiments.report import build
    from web.cli import print_json
    from web.site import utc_now

    now = utc_now()
    with open_store() as session:
        found = find(session, key)
        report = build(session, found, now=now)
        ruling = proposal.ruling_on(report, Choice(choice), variant=variant, reason=reason)
        taken = proposal.settle(session, found, ruling, by=None, now=now)
        waits = isinstance(taken, proposal.Proposal)
    if as_json:
        print_json({"experiment": key, "choice": choice, "variant": variant, "waits": waits})
    elif waits:
        click.echo(f"{key}: {choice} waits until a second person agrees on the site.")
    else:
        click.echo(f"{key}: {choice}, written down.")
