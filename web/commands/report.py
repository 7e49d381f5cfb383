"""`stagelift report`: an experiment's report on the terminal, as JSON or as CSV."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from web.commands import json_option, open_store

if TYPE_CHECKING:
    from experiments.check import Check
    from experiments.describing import Figure
    from experiments.report import Report
    from web.wording import Words


@click.command()
@click.argument("key")
@json_option
@click.option("--look", type=int, help="As the planned look of this number saw it.")
@click.option("--csv", "as_csv", is_flag=True, help="Print a row a milestone and variant.")
def report(key: str, as_json: bool, look: int | None, as_csv: bool) -> None:
    """Print the report of the experiment KEY."""
    from experiments import experiment, report_export
    from experiments.company import the_company
    from experiments.report import build
    from web.cli import print_json
    from web.site import utc_now
    from web.templating import reader_for
    from web.wording import Words

    with open_store(writes=False) as session:
        company = the_company(session)
        built = build(session, experiment.experiment(session, key), now=utc_now(), look=look)
        if as_json:
            print_json(report_export.as_json(built))
        elif as_csv:
            click.echo(report_export.as_csv(built), nl=False)
        else:
            click.echo(_page(built, Words(reader_for("en", company.zone))))


def _page(built: Report, words: Words) -> str:
    from web.wording import plain

    lines = [built.name, "", plain(words.verdict(built)), ""]
    if built.healthy:
        lines += [plain(each) for each in words.consequence(built)]
    lines += [f"  ! {plain(words.note(note))}" for note in built.notes]
    lines += ["", *_groups(built), "", *_milestones(built, words), *_beside(built, words), ""]
    lines += _earlier(built, words)
    followed = [plain(each) for of in built.followed for each in words.following(built, of)]
    lines += [*followed, ""] if followed else []
    lines += [f"  {_mark(each)} {words.check(each)}" for each in built.checks]
    lines += ["", f"Plan {built.plan_hash[:12]}. {' '.join(map(plain, words.method(built)))}"]
    return "\n".join(lines)


def _mark(check: Check) -> str:
    """ok, BAD where it blocks the verdict, ! where it warns, ? where it is not known yet."""
    if check.failed:
        return "BAD" if check.blocks else "!  "
    return "ok " if check.state == "passed" else "?  "


def _groups(built: Report) -> list[str]:
    head = f"{'':28}{'reps':>6}{'leads':>8}{'matured':>9}{'open':>7}"
    return [
        head,
        *(
            f"{each.variant.name[:27]:28}{each.reps:6}{each.enrolled:8}{each.matured:9}{each.open:7}"
            for each in built.groups
        ),
    ]


def _milestones(built: Report, words: Words) -> list[str]:
    if not built.effects_shown:
        return [
            f"{words.milestone(each):28}{count:6} of {built.matured}"
            for each, count in built.pooled.items()
        ]
    lines = []
    for row in built.rows:
        unit = words.unit(built, row.metric)
        lines.append(words.metric(row.metric) + (" (primary)" if row.primary else ""))
        effects = {each.variant.key: words.effect(each, unit) for each in row.comparisons}
        for group in built.groups:
            shown = _own(group.rates[row.metric.key], unit, words)
            count = f"{group.reached[row.milestone]} of {group.matured}"
            effect = effects.get(group.variant.key, "")
            lines.append(f"  {group.variant.name[:26]:26}{shown:>10}{count:>16}  {effect}")
        lines += [
            f"  {'without the largest deal':52}  {words.effect(each, unit)}"
            for each in row.without_largest
        ]
    return lines


def _beside(built: Report, words: Words) -> list[str]:
    """What is described: a line a variant, its difference from the control behind it."""
    lines = []
    for told in built.beside.described if built.beside else ():
        unit = words.unit(built, told.metric)
        lines.append(f"{words.metric(told.metric)} (a description)")
        differences = {each.variant.key: _figure(each, unit, words) for each in told.differences}
        for each in told.variants:
            difference = differences.get(each.variant.key, "")
            own = _figure(each, unit, words, own=True)
            lines.append(f"  {each.variant.name[:26]:26}{own:>32}  {difference}")
    return lines


def _earlier(built: Report, words: Words) -> list[str]:
    """Phases before the last change: what changed, and a line a variant."""
    lines = []
    for phase in built.earlier:
        changed = "; ".join(f"{name}: {old} → {new}" for name, old, new in phase.changed)
        lines.append(f"Before the change of {phase.until_at:%Y-%m-%d} ({changed}): {phase.reason}")
        effects = {
            each.variant.key: words.effect(each, words.unit(built)) for each in phase.comparisons
        }
        lines += [
            f"  {each.variant.name[:26]:26}{each.enrolled:8} leads{each.matured:8} matured  "
            + effects.get(each.variant.key, "")
            for each in phase.groups
        ]
    return [*lines, ""] if lines else []


def _own(amount: float | None, unit: str, words: Words) -> str:
    """A variant's own average."""
    from web.measures import own_in

    return "-" if amount is None else own_in(amount, unit, locale=words.reader.locale)


def _figure(figure: Figure, unit: str, words: Words, *, own: bool = False) -> str:
    """A figure that is described, or why there is none; `own` is no difference."""
    from web.measures import bare, interval_in, signed_in

    if figure.value is None:
        return words.why(figure.why) if figure.why else "-"
    text = (bare if own else signed_in)(figure.value, unit, locale=words.reader.locale)
    if figure.ci is None:
        return text
    ends = interval_in(
        figure.ci, unit, locale=words.reader.locale, gettext=words.say, signed=not own
    )
    return f"{text} ({ends})"
