"""`stagelift insight`: what the company's own selling shows, on the terminal or as JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from web.commands import json_option, open_store

if TYPE_CHECKING:
    from experiments.insight.activities import Activities, Activity
    from experiments.insight.bottlenecks import Bottlenecks
    from experiments.insight.forecasting import Forecast
    from experiments.insight.moves import Ways
    from experiments.insight.programme import Programme
    from experiments.insight.ratios import Ratios
    from experiments.insight.stalled import Standing
    from web.insight_words import InsightWords

Command = Callable[..., Any]


def scoped(command: Command) -> Command:
    """The options of every insight that looks at leads."""
    options = [
        click.option("--process", default="", metavar="KEY", help="Only leads of this process."),
        click.option("--team", default="", metavar="NAME", help="Only leads of this team's reps."),
        click.option("--horizon", default="", metavar="DAYS", help="Days that count [60]."),
        click.option("--since", default="", metavar="DAY", help="Only leads that began from it."),
        click.option("--until", default="", metavar="DAY", help="Only leads that began until it."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


@click.group()
def insight() -> None:
    """What our own selling shows: ratios, bottlenecks, activities, the forecast."""


@insight.command()
@click.option(
    "--by", default="all", metavar="all|process|segment|team|month|quarter", show_default=True
)
@scoped
@json_option
def ratios(by: str, as_json: bool, **asked: str) -> None:
    """Of 100 leads, how many reach each milestone; where they go, and how long they stay."""
    from experiments.insight import moves
    from experiments.insight import ratios as counting
    from experiments.plain import plain
    from web.cli import print_json
    from web.insight_query import asked_scope, one_of
    from web.site import utc_now

    with open_store(writes=False) as session:
        now, scope = utc_now(), asked_scope(**asked)
        chosen = one_of("by", counting.By, by, usual=counting.By.ALL)
        found = counting.ratios(session, scope, chosen, now=now)
        ways = moves.ways(session, scope, now=now)
        if as_json:
            print_json(dict(plain(found)) | {"ways": plain(ways)})
        else:
            click.echo("\n".join(_ratios(found, ways, words_of(session))))


@insight.command()
@click.option("--days", default="", metavar="DAYS", help="Length of a period [56].")
@click.option("--rotting", default="", metavar="DAYS", help="When a lead stands still.")
@scoped
@json_option
def bottlenecks(days: str, rotting: str, as_json: bool, **asked: str) -> None:
    """Stages that changed or differ, leads that stand still, and why leads are lost."""
    from experiments.insight import bottlenecks as comparing
    from experiments.insight import stalled
    from experiments.plain import plain
    from web.cli import print_json
    from web.insight_query import USUAL_PERIOD, asked_scope, whole
    from web.site import utc_now

    with open_store(writes=False) as session:
        now, scope = utc_now(), asked_scope(**asked)
        period = whole("days", days, usual=USUAL_PERIOD)
        found = comparing.bottlenecks(session, scope, now=now, days=period)
        limit = whole("rotting", rotting, usual=-1)
        stages = stalled.standings(
            session, scope, now=now, rotting_days=None if limit < 0 else limit
        )
        if as_json:
            print_json(dict(plain(found)) | {"family": found.family, "stages": plain(stages)})
        else:
            click.echo("\n".join(_bottlenecks(found, stages, words_of(session))))


def _bottlenecks(
    found: Bottlenecks, stages: tuple[Standing, ...], words: InsightWords
) -> list[str]:
    from web.wording import plain as without_marks

    lines = [f"{found.family} comparisons judged together; more than noise:"]
    lines += [f"  {without_marks(words.finding(found, each))}" for each in found.claimed]
    lines += [] if found.claimed else ["  none"]
    lines += ["", f"{'':28}{'open':>6}{'stalled':>9}{'after days':>12}{'lost':>6}  most often"]
    for each in stages:
        limit = "-" if each.rotting is None else f"{each.rotting.total_seconds() / 86_400:.1f}"
        why = each.reasons[0].text if each.reasons else ""
        name = words.stage(found, each.node)[:27]
        lines.append(
            f"{name:28}{each.open:>6,}{each.stalled:>9,}{limit:>12}{each.lost:>6,}  {why}"
        )
    return lines


@insight.command()
@click.option("--day", default="", metavar="DAY", help="Landmark after entering the stage.")
@scoped
@json_option
def activities(day: str, as_json: bool, **asked: str) -> None:
    """Which actions of a process (--process KEY) go with winning: association, not proof."""
    from experiments.insight import activities as comparing
    from experiments.plain import plain
    from web.cli import print_json
    from web.insight_query import asked_scope, whole
    from web.site import utc_now

    with open_store(writes=False) as session:
        landmark = whole("day", day, usual=-1)
        found = comparing.activities(
            session,
            asked_scope(**asked),
            now=utc_now(),
            day=None if landmark == -1 else landmark,
        )
    if as_json:
        print_json(dict(plain(found)) | {"family": found.family})
    else:
        click.echo("\n".join(_activities(found)))


def _activities(found: Activities) -> list[str]:
    lines = [
        f"{found.family} actions judged together. Association, not proof.",
        f"{'':42}{'with: won of':>14}{'without':>14}  within reps",
    ]
    for each in found.activities:
        sides = [f"{side.won} of {side.leads}" for side in (each.with_action, each.without)]
        name = f"{each.stage_name}: {each.name}"[:41]
        lines.append(f"{name:42}{sides[0]:>14}{sides[1]:>14}  {_difference(each)}")
    return lines


def _difference(activity: Activity) -> str:
    from analysis.estimate import Estimate

    result = activity.association.result
    if not isinstance(result, Estimate):
        return "too few leads"
    low, high = (0.0 if end is None else 100 * end for end in result.ci)
    star = "  *" if activity.association.claimed else ""
    return f"{100 * result.effect:+.1f} points ({low:+.1f} to {high:+.1f}){star}"


@insight.command()
@click.option("--by", default="team", metavar="team|process|variant", show_default=True)
@click.option("--test", default="", metavar="KEY", help="The test, for --by variant.")
@click.option("--process", default="", metavar="KEY", help="Only leads of this process.")
@click.option("--team", default="", metavar="NAME", help="Only leads of this team's reps.")
@json_option
def forecast(by: str, test: str, process: str, team: str, as_json: bool) -> None:
    """What will be won in the coming months, with 80% intervals, and how that did before."""
    from experiments.insight import forecasting
    from experiments.plain import plain
    from web.cli import print_json
    from web.insight_query import one_of
    from web.site import utc_now

    with open_store(writes=False) as session:
        parts = one_of("by", forecasting.Parts, by, usual=forecasting.Parts.TEAM)
        found = forecasting.forecast(
            session, parts, now=utc_now(), process=process, team=team, test=test
        )
        if as_json:
            print_json(plain(found))
        else:
            click.echo("\n".join(_forecast(found, words_of(session))))


def _forecast(found: Forecast, words: InsightWords) -> list[str]:
    if found.whole is None:
        return ["No month with wins is over yet."]
    head = "".join(f"{words.period(each.month):>34}" for each in found.whole.months)
    lines = [f"{'':20}{head}"]
    for told in (found.whole, *found.groups):
        name = "All" if told is found.whole else words.part(found, told)
        shown = [
            f"{words.money(found, each.expected)} ({words.money(found, each.low)} to"
            f" {words.money(found, each.high)})"
            for each in told.months
        ]
        lines.append(f"{name[:19]:20}" + "".join(f"{each:>34}" for each in shown))
    if found.score:
        lines += ["", words.tried(found, found.score)]
    return lines


@insight.command()
@json_option
def programme(as_json: bool) -> None:
    """All experiments: what was learned, adopted, and what it brings in a year."""
    from experiments.insight import programme as gathering
    from experiments.plain import plain
    from web.cli import print_json
    from web.site import utc_now

    with open_store(writes=False) as session:
        found = gathering.programme(session, now=utc_now())
        if as_json:
            print_json(plain(found))
        else:
            click.echo("\n".join(_programme(found, words_of(session))))


def _programme(found: Programme, words: InsightWords) -> list[str]:
    from web.wording import plain as without_marks

    lines = [f"{len(found.lines)} experiments, {found.adopted} adopted."]
    lines += [without_marks(words.yearly(found.yearly))] if found.yearly else []
    for line in found.lines:
        lines.append(f"{line.key:34}{line.status:18}{line.choice or '-'}")
        lines += [
            f"  {each.variant}: {words.raw_effect(each)}; shrunk {words.shrunk_effect(each)}"
            for each in line.effects
        ]
    return lines


@insight.command()
@json_option
def alerts(as_json: bool) -> None:
    """What needs somebody: looks and decisions due, failing checks, stale data."""
    from experiments import alerts as noticing
    from experiments.plain import plain
    from web.cli import print_json
    from web.site import utc_now

    with open_store(writes=False) as session:
        found = noticing.alerts(session, now=utc_now())
        if as_json:
            print_json({"alerts": plain(found)})
        else:
            words = words_of(session)
            lines = [f"{each.name}: {words.alert(each)}" for each in found]
            click.echo("\n".join(lines or ["Nothing needs you."]))


def words_of(session: Any) -> InsightWords:
    """The insights' words in English, in the company's zone."""
    from experiments.company import the_company
    from web.insight_words import InsightWords
    from web.templating import reader_for

    return InsightWords(reader_for("en", the_company(session).zone))


def _ratios(found: Ratios, ways: Ways, words: InsightWords) -> list[str]:
    lines = [f"{found.leads:,} leads that have had {found.scope.horizon_days} days."]
    if not found.leads:
        return lines
    lines.append(f"{'':28}{'leads':>7}{'qualified':>11}{'demo':>8}{'proposal':>10}{'won':>8}")
    for group in found.groups:
        rates = [f"{each.rate:.1%}" for each in group.reached.values()] or ["-"] * 4
        widths = zip(rates, (11, 8, 10, 8), strict=True)
        shown = "".join(f"{rate:>{width}}" for rate, width in widths)
        lines.append(f"{words.group(found, group)[:27]:28}{group.leads:>7,}{shown}")
    lines += ["", f"{'':28}{'leads':>7}{'median days':>13}{'latest':>8}  moves"]
    for place in ways.places:
        stays = place.stay.cumulative, place.stay.latest
        days = [each.total_seconds() / 86_400 for each in stays]
        moved = ", ".join(f"{words.node(ways, each.to)} {each.moves}" for each in place.moves)
        name = words.place(ways, place)[:27]
        lines.append(f"{name:28}{place.stay.leads:>7,}{days[0]:>13.1f}{days[1]:>8.1f}  {moved}")
    return lines
