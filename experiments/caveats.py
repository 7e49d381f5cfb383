"""What a reader must know beside the verdict: what cannot be said, and what to be wary of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from analysis.estimate import Estimate, NotEstimable
from experiments.balance import uneven_teams
from experiments.comparing import Comparison, Group, Row, average
from experiments.counting import RepCount
from experiments.evidence import idle_reps
from experiments.exclusion import Elsewhere
from experiments.experiment import Experiment, Status, Unit
from experiments.guarding import Guarded, Standing
from experiments.metric import Quantity
from experiments.opening import EarlyOpening
from experiments.plan import Plan
from experiments.roster import Roster
from experiments.routing import Routed

# Below this, the interval of a split of reps may hold less often than it says.
FEWEST_WINS_PER_REP = 5
# The two averages tell different stories when they differ by more than a quarter.
AVERAGES_DIFFER = 0.25


class Caveat(StrEnum):
    """The kinds of caveats."""

    NOT_MEASURED = "not_measured"
    OPENED_EARLY = "opened_early"
    REHEARSAL = "rehearsal"
    STOPPED = "stopped"
    IDLE_REPS = "idle_reps"
    NOT_ESTIMABLE = "not_estimable"
    TOO_FEW_DRAWS = "too_few_draws"
    FEW_WINS = "few_wins"
    AVERAGES_DIFFER = "averages_differ"
    AT_LOOK = "at_look"
    UNEVEN_LEADS = "uneven_leads"
    UNEVEN_TEAMS = "uneven_teams"
    TRANSFERS = "transfers"
    JOINED = "joined"
    CARRY_OVER = "carry_over"
    LEFT = "left"
    KEPT_OUT = "kept_out"
    MISSING_VALUES = "missing_values"
    GUARDRAIL_UNCLEAR = "guardrail_unclear"
    GUARDRAIL_BROKEN = "guardrail_broken"


@dataclass(frozen=True, slots=True)
class Note:
    """A caveat with the values that its sentence needs."""

    caveat: Caveat
    values: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Reading:
    """What the caveats follow from."""

    experiment: Experiment
    plan: Plan
    status: Status
    counts: Sequence[RepCount]
    groups: Sequence[Group]
    primary: Row | None
    openings: Sequence[EarlyOpening]
    roster: Roster
    look: int | None = None
    guardrails: Sequence[Guarded] = ()
    uneven: Sequence[Routed] = ()
    transfers: int = 0
    left: int = 0
    kept_out: Sequence[Elsewhere] = ()
    missing_values: int = 0


def notes(reading: Reading) -> tuple[Note, ...]:
    """Every caveat that holds, those about the test itself first."""
    found = [*_of_the_test(reading)]
    for comparison in reading.primary.comparisons if reading.primary else ():
        found.extend(_of_the_comparison(reading, comparison))
    found.extend(_of_the_guardrails(reading))
    return tuple(found)


def _of_the_test(reading: Reading) -> Iterator[Note]:
    waiting = sum(group.enrolled - group.matured for group in reading.groups)
    if reading.status is Status.STOPPED:
        reason = reading.experiment.stop_reason
        yield Note(Caveat.STOPPED, {"reason": reason, "leads": waiting})
    elif reading.look is not None:
        yield Note(Caveat.AT_LOOK, {"look": reading.look, "looks": reading.plan.looks})
    elif reading.status not in (Status.MEASURED, Status.DECIDED):
        at = reading.experiment.measured_at
        enrolled = sum(group.enrolled for group in reading.groups)
        values = {"leads": waiting, "enrolled": enrolled, "at": at}
        yield Note(Caveat.NOT_MEASURED, values)
    for opening in reading.openings[:1]:
        by = opening.by.name if opening.by else ""
        yield Note(Caveat.OPENED_EARLY, {"at": opening.at, "by": by})
    if reading.plan.rehearsal:
        yield Note(Caveat.REHEARSAL, {})
    for each in reading.uneven:
        yield Note(Caveat.UNEVEN_LEADS, {"variant": each.variant.name, "ratio": each.leads.ratio})
    yield from _of_the_movements(reading)
    if reading.missing_values and reading.plan.rests_on_value:
        yield Note(Caveat.MISSING_VALUES, {"wins": reading.missing_values})
    if teams := uneven_teams(reading.plan):
        yield Note(Caveat.UNEVEN_TEAMS, {"teams": ", ".join(teams)})
    if reading.plan.unit is Unit.REP and reading.primary:
        yield from _of_the_reps(reading)


def _of_the_movements(reading: Reading) -> Iterator[Note]:
    if reading.transfers:
        yield Note(Caveat.TRANSFERS, {"leads": reading.transfers})
    if reading.roster.joiners:
        yield Note(Caveat.JOINED, {"reps": len(reading.roster.joiners)})
    washout, horizon = reading.plan.washout_days, reading.plan.horizon_days
    if washout is not None and washout < horizon:
        yield Note(Caveat.CARRY_OVER, {"days": washout, "horizon": horizon})
    if reading.left:
        yield Note(Caveat.LEFT, {"reps": reading.left})
    for each in reading.kept_out:
        yield Note(Caveat.KEPT_OUT, {"leads": each.leads, "first": each.name})


def _of_the_reps(reading: Reading) -> Iterator[Note]:
    idle = idle_reps(reading.roster, reading.counts)
    if idle:
        yield Note(Caveat.IDLE_REPS, {"reps": idle})
    with_leads = [row for row in reading.counts if row.matured]
    reached = sum(row.reached[reading.plan.milestone] for row in with_leads)
    if with_leads and reached / len(with_leads) < FEWEST_WINS_PER_REP:
        yield Note(Caveat.FEW_WINS, {"reached": reached / len(with_leads)})


def _of_the_comparison(reading: Reading, comparison: Comparison) -> Iterator[Note]:
    result = comparison.result
    if isinstance(result, NotEstimable):
        why = {"why": result.why, "variant": comparison.variant.name}
        yield Note(Caveat.NOT_ESTIMABLE, why)
        return
    alpha = reading.plan.alpha
    if comparison.undecidable(alpha):
        yield Note(Caveat.TOO_FEW_DRAWS, {"smallest_p": result.smallest_p, "alpha": alpha})
    by_lead = _lead_difference(reading, comparison)
    if reading.plan.unit is Unit.REP and by_lead is not None and _differs(result, by_lead):
        primary, currency = reading.plan.primary, reading.plan.currency
        values = {
            "by_rep": Quantity(primary, result.effect, currency),
            "by_lead": Quantity(primary, by_lead, currency),
            "variant": comparison.variant.name,
        }
        yield Note(Caveat.AVERAGES_DIFFER, values)


def _of_the_guardrails(reading: Reading) -> Iterator[Note]:
    kinds = {
        Standing.UNCLEAR: Caveat.GUARDRAIL_UNCLEAR,
        Standing.BROKEN: Caveat.GUARDRAIL_BROKEN,
    }
    for each in reading.guardrails:
        if each.standing in kinds:
            values = {
                "variant": each.variant.name,
                "metric": each.metric,
                "margin": Quantity(each.metric, each.margin, reading.plan.currency),
            }
            yield Note(kinds[each.standing], values)


def _lead_difference(reading: Reading, comparison: Comparison) -> float | None:
    plan = reading.plan
    control, treatment = (
        average(
            [row for row in reading.counts if row.variant_id == each.id],
            plan.primary,
            by_rep=False,
        )
        for each in (plan.control, comparison.variant)
    )
    return None if treatment is None or control is None else treatment - control


def _differs(result: Estimate, by_lead: float) -> bool:
    return abs(by_lead - result.effect) > AVERAGES_DIFFER * abs(result.effect)
