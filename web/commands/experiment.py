"""`stagelift experiment`: plan, launch and list tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from web.commands import BadInput, json_option, open_store
from web.commands.change import change
from web.commands.count import count
from web.commands.decide import decide
from web.commands.health import health
from web.commands.show import show

FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
SEED_BITS = 48
SEED = click.IntRange(0, 2**63 - 1)


@click.group()
def experiment() -> None:
    """Plan, launch and list experiments, and decide on them."""


experiment.add_command(decide)
experiment.add_command(change)
experiment.add_command(health)
experiment.add_command(count)
experiment.add_command(show)


@experiment.command()
@click.argument("file", type=FILE)
@json_option
def create(file: Path, as_json: bool) -> None:
    """Create a draft from FILE, a plan written as YAML; it is taken whole or refused whole."""
    from experiments import experiment_draft
    from web.cli import print_json
    from web.site import utc_now

    with open_store() as session:
        draft = experiment_draft.checked(_read(file))
        made = experiment_draft.create(session, draft, by=None, now=utc_now())
        reps = len(made.participants)
        variants = [variant.name for variant in made.variants]
    if as_json:
        print_json({"key": made.key, "name": made.name, "variants": variants, "reps": reps})
    else:
        click.echo(f"{made.key}: a draft with {' and '.join(variants)}, {reps} reps.")


@experiment.command()
@click.argument("key")
@click.option(
    "--seed", type=SEED, help="Of the random split; drawn when left out, recorded always."
)
@json_option
def launch(key: str, seed: int | None, as_json: bool) -> None:
    """Launch the draft KEY: freeze its plan and split its units at random."""
    from experiments import life
    from experiments.experiment import experiment as experiment_of
    from web.cli import print_json
    from web.site import utc_now

    with open_store() as session:
        found = experiment_of(session, key)
        plan = life.launch(session, found, seed=_seed(seed), by=None, now=utc_now())
        shown = {"key": key, "plan_hash": found.plan_hash, "seed": plan.split.seed}
    if as_json:
        print_json(shown)
    else:
        click.echo(
            f"{key} is launched: plan {str(shown['plan_hash'])[:12]}, seed {shown['seed']}."
        )


@experiment.command()
@click.argument("key")
@json_option
def look(key: str, as_json: bool) -> None:
    """Take the planned look that is due in the experiment KEY."""
    from experiments.experiment import experiment as find
    from experiments.looks import take_look
    from web.cli import print_json
    from web.site import utc_now

    with open_store() as session:
        taken = take_look(session, find(session, key), by=None, now=utc_now())
        shown = {"experiment": key, "look": taken.number, "taken_at": taken.taken_at.isoformat()}
    if as_json:
        print_json(shown)
    else:
        click.echo(f"Look {shown['look']} of {key} is taken: see `stagelift report {key}`.")


@experiment.command()
@click.argument("key")
@click.argument("rep")
@json_option
def join(key: str, rep: str, as_json: bool) -> None:
    """Let REP (an external id) join the running experiment KEY, by the rule of its plan."""
    from experiments import joining
    from experiments.experiment import experiment as find
    from experiments.people import rep_by_external_id
    from web.cli import print_json
    from web.site import utc_now

    with open_store() as session:
        who = rep_by_external_id(session, rep)
        row = joining.join(session, find(session, key), who, by=None, now=utc_now())
        shown = {"experiment": key, "rep": rep, "variant": row.variant.key}
    if as_json:
        print_json(shown)
    else:
        click.echo(f"{rep} joins {key} and follows {shown['variant']}.")


@experiment.command("list")
@click.option("--group", help="Only those of this exclusion group.")
@json_option
def list_(group: str | None, as_json: bool) -> None:
    """List every experiment with its status, newest first."""
    from experiments.experiment import experiments, status
    from experiments.freshness import complete_through
    from web.cli import print_json
    from web.site import utc_now

    now = utc_now()
    with open_store(writes=False) as session:
        found = [
            {
                "key": each.key,
                "name": each.name,
                "status": str(
                    status(
                        each,
                        now=now,
                        complete_through=complete_through(session, each.id, now=now),
                    )
                ),
                "rehearsal": each.rehearsal,
                "exclusion_group": each.exclusion_group,
            }
            for each in experiments(session)
            if group in (None, each.exclusion_group)
        ]
    if as_json:
        print_json({"experiments": found})
        return
    for each in found:
        of_group = f" [{each['exclusion_group']}]" if each["exclusion_group"] else ""
        click.echo(f"{each['key']:40}{each['status']:18}{each['name']}{of_group}")


def _read(path: Path) -> Any:
    import yaml

    try:
        return yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError:
        raise BadInput(f"{path.name}: a plan is written in UTF-8.") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}" if mark else path.name
        raise BadInput(f"{where}: This is not YAML.") from None


def _seed(said: int | None) -> int:
    import secrets

    return secrets.randbits(SEED_BITS) if said is None else said
