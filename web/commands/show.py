"""`stagelift experiment show`: a plan as it froze, or what a draft still lacks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from web.commands import json_option, open_store

if TYPE_CHECKING:
    from experiments.experiment import Experiment
    from experiments.plan import Plan


@click.command()
@click.argument("key")
@json_option
def show(key: str, as_json: bool) -> None:
    """Print the frozen plan of the experiment KEY and its balance, or what a draft lacks."""
    from experiments import life
    from experiments.experiment import experiment
    from experiments.plan import frozen_plan
    from web.balance_shown import plan_document
    from web.cli import print_json
    from web.site import utc_now

    with open_store(writes=False) as session:
        found = experiment(session, key)
        launched = found.launched_at is not None
        lacking = [] if launched else life.hindrances(session, found, now=utc_now())
        document = plan_document(found)
        lines = list(_of_plan(found, frozen_plan(found)) if launched else _of_draft(found))
    problems = [{"where": each.where, "message": each.text} for each in lacking]
    if as_json:
        print_json(document | {"lacking": problems})
        return
    for line in [*lines, *(f"  {each['where']}: {each['message']}" for each in problems)]:
        click.echo(line)


def _of_draft(found: Experiment) -> Iterator[str]:
    yield f"{found.name}: a draft."
    yield f"{found.hypothesis}"


def _of_plan(found: Experiment, plan: Plan) -> Iterator[str]:
    from web.balance_shown import text_of

    yield f"{found.name}: {plan.hypothesis}"
    split = plan.split
    yield f"{'split':12}{split.kind}, seed {split.seed}"
    if split.limit is not None:
        yield f"{'criterion':12}imbalance of {split.limit:g} at most, draws tried: {split.tried}"
    yield f"{'plan':12}{found.plan_hash}"
    yield f"{'drawn by':12}{plan.code_version or 'an older version'}"
    for size, variant in zip(split.sizes, plan.variants, strict=False):
        yield f"{'variant':12}{variant.key} ({variant.process}), {size} reps"
    yield from text_of(plan)
