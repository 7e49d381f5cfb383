"""`stagelift experiment change`: a running test begins a new phase."""

from __future__ import annotations

from datetime import datetime

import click

from web.commands import BadInput, json_option, open_store


@click.command()
@click.argument("key")
@click.option(
    "--process",
    "processes",
    multiple=True,
    metavar="VARIANT=VERSION",
    required=True,
    help="What a variant's new leads follow: b=demo-first@2.",
)
@click.option("--reason", required=True, help="Why it is changed.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="The last day of enrolment.")
@json_option
def change(
    key: str, processes: tuple[str, ...], reason: str, until: datetime | None, as_json: bool
) -> None:
    """Change the running experiment KEY: a new phase begins, on which the verdict rests."""
    from experiments.experiment import experiment
    from experiments.phases import Change, begin_phase
    from web.cli import print_json
    from web.site import utc_now

    asked = Change(_chosen(processes), reason, until.date() if until else None)
    with open_store() as session:
        found = experiment(session, key)
        plan = begin_phase(session, found, asked, by=None, now=utc_now())
        told = found.plan_hash or ""
        shown = {"experiment": key, "phase": plan.phase, "plan_hash": told}
    if as_json:
        print_json(shown)
    else:
        click.echo(f"Phase {plan.phase} of {key} has begun: plan {told[:12]}.")


def _chosen(said: tuple[str, ...]) -> dict[str, str]:
    chosen = {}
    for each in said:
        variant, equals, version = each.partition("=")
        if not equals:
            raise BadInput(f"--process: {each} is not of the form VARIANT=VERSION.")
        chosen[variant] = version
    return chosen
