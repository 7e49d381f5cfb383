"""`stagelift team` and `stagelift rep`: who sells."""

from __future__ import annotations

import click

from web.commands import json_option, open_store


@click.group()
def team() -> None:
    """Add and list teams."""


@team.command("add")
@click.argument("name")
@click.option("--segment", default="", help="Which standing process it follows, such as inbound.")
@click.option("--manager", default="", help="Who leads it.")
@json_option
def add_team(name: str, segment: str, manager: str, as_json: bool) -> None:
    """Add the team NAME."""
    from experiments import people
    from web.cli import print_json

    with open_store() as session:
        made = people.add_team(session, name, segment=segment, manager=manager)
    if as_json:
        print_json({"name": made.name, "segment": made.segment, "manager": made.manager})
    else:
        click.echo(f"Added the team {made.name}.")


@team.command("list")
@json_option
def list_teams(as_json: bool) -> None:
    """List the teams with their reps."""
    from experiments import people
    from web.cli import print_json

    with open_store(writes=False) as session:
        found = [
            {
                "name": each.name,
                "segment": each.segment,
                "reps": [rep.external_id for rep in each.reps if rep.left_at is None],
            }
            for each in people.teams(session)
        ]
    if as_json:
        print_json({"teams": found})
        return
    for each in found:
        click.echo(f"{each['name']} ({each['segment'] or 'no segment'}): {len(each['reps'])} reps")


@click.group()
def rep() -> None:
    """Add reps."""


@rep.command("add")
@click.argument("name")
@click.option("--team", "team_name", help="The name of the rep's team.")
@click.option("--external-id", default="", help="What the CRM calls the rep; else the name.")
@click.option("--email", help="The account with which the rep signs in.")
@json_option
def add_rep(
    name: str, team_name: str | None, external_id: str, email: str | None, as_json: bool
) -> None:
    """Add the rep NAME."""
    from experiments import people, users
    from experiments.joining import join_with_team
    from web.cli import print_json
    from web.site import utc_now

    now = utc_now()
    with open_store() as session:
        of_team = people.team_named(session, team_name) if team_name else None
        made = people.add_rep(session, name, external_id=external_id, team=of_team, now=now)
        joined = join_with_team(session, made, by=None, now=now)
        variant = joined.variant.name if joined else None
        test = joined.variant.experiment.key if joined else None
        if email:
            people.give_account(session, made, users.user_by_email(session, email))
    if as_json:
        shown = {"name": made.name, "external_id": made.external_id, "team": team_name}
        print_json(shown | {"experiment": test, "variant": variant})
    else:
        joins = f" The rep joins {test} and follows {variant}." if joined else ""
        click.echo(f"Added the rep {made.name}.{joins}")
