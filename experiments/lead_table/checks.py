"""What a table of leads must be for its variants to be compared."""

from __future__ import annotations

from collections.abc import Sequence

from assignment.design import MOST_VARIANTS
from experiments.lead_table.columns import Columns
from experiments.lead_table.counts import Group
from experiments.lead_table.numbers import refused_at
from experiments.lead_table.source import LeadTable
from experiments.problem import Refused, problem

# What a control is called where nobody says which variant it is; the first that is there.
CONTROL_NAMES = ("control", "a", "0")


def control_first(groups: Sequence[Group], column: str, control: str | None) -> list[str]:
    """The variants' names, the control's first, the others sorted.

    Args:
        column: The variant's, for what is said of it.
        control: The control's name; without one, the first of `CONTROL_NAMES` that there is.
    Raises:
        Refused: for one variant only, too many, or a control that is not there or not clear.
    """
    names = sorted({group.variant for group in groups})
    if len(names) < 2:
        text = "There is one variant only, {name}: nothing to compare."
        raise Refused(problem(column, text, name=names[0]))
    if len(names) > MOST_VARIANTS:
        text = "There are {count} variants; at most {most} can be compared."
        raise Refused(problem(column, text, count=len(names), most=MOST_VARIANTS))
    found = _control(names, column, control)
    return [found, *(name for name in names if name != found)]


def check_split_reps(leads: LeadTable, columns: Columns, groups: Sequence[Group]) -> None:
    """Refuse reps who stand in two variants or two strata: they were not split.

    Raises:
        Refused: naming the rep, and the first row that contradicts an earlier group.
    """
    if columns.rep is None:
        raise Refused(problem("rep", "Reps were split: name their column with --rep."))
    seen: dict[str, Group] = {}
    for group in groups:
        first = seen.setdefault(group.rep, group)
        if group.variant != first.variant:
            texts = {columns.rep: group.rep, columns.variant: group.variant}
            text = "Rep {rep} is in two variants, {first} and {second}."
            names = {"rep": group.rep, "first": first.variant, "second": group.variant}
            raise refused_at(leads, texts, columns.rep, text, **names)
        if columns.stratum is not None and group.stratum != first.stratum:
            texts = {columns.rep: group.rep, columns.stratum: group.stratum}
            text = "Rep {rep} is in two strata, {first} and {second}."
            names = {"rep": group.rep, "first": first.stratum, "second": group.stratum}
            raise refused_at(leads, texts, columns.stratum, text, **names)


def check_accounts(leads: LeadTable, columns: Columns, groups: Sequence[Group]) -> None:
    """Refuse accounts that stand in two variants: their leads did not go together.

    Raises:
        Refused: naming the account, and the first row that contradicts an earlier group.
    """
    column, seen = columns.rep or "", dict[str, Group]()
    for group in groups:
        first = seen.setdefault(group.rep, group)
        if group.variant != first.variant:
            texts = {column: group.rep, columns.variant: group.variant}
            text = "Account {account} is in two variants, {first} and {second}."
            names = {"account": group.rep, "first": first.variant, "second": group.variant}
            raise refused_at(leads, texts, column, text, **names)


def check_segments(leads: LeadTable, columns: Columns, groups: Sequence[Group]) -> None:
    """Refuse reps who stand in two segments: which one's effect would theirs be?

    Raises:
        Refused: naming the rep and the first row that contradicts an earlier one.
    """
    seen: dict[str, Group] = {}
    for group in groups:
        first = seen.setdefault(group.rep, group)
        if group.segment != first.segment:
            texts = {columns.rep or "": group.rep, columns.segment or "": group.segment}
            text = "Rep {rep} is in two segments, {first} and {second}."
            names = {"rep": group.rep, "first": first.segment, "second": group.segment}
            raise refused_at(leads, texts, columns.segment or "", text, **names)


def check_strata(leads: LeadTable, column: str, groups: Sequence[Group]) -> None:
    """Refuse a stratum with leads of one variant only: nothing was split there.

    Raises:
        Refused: naming the stratum and its first row.
    """
    variants: dict[str, set[str]] = {}
    for group in groups:
        variants.setdefault(group.stratum, set()).add(group.variant)
    for stratum, names in variants.items():
        if len(names) == 1:
            text = "Stratum {stratum} has one variant only, {variant}."
            values = {"stratum": stratum, "variant": min(names)}
            raise refused_at(leads, {column: stratum}, column, text, **values)


def check_pairs(leads: LeadTable, column: str, groups: Sequence[Group]) -> None:
    """Refuse pairs that are not one rep of each of two variants.

    Raises:
        Refused: for more than two variants, or naming the pair and its first row.
    """
    if len({group.variant for group in groups}) > 2:
        raise Refused(problem(column, "Pairs are split between two variants, not more."))
    reps: dict[str, list[str]] = {}
    for group in groups:
        reps.setdefault(group.stratum, []).append(group.rep)
    for pair, members in reps.items():
        if len(members) != 2:
            text = "Pair {pair} has {count} reps, not two."
            values = {"pair": pair, "count": len(members)}
            raise refused_at(leads, {column: pair}, column, text, **values)


def check_crossover(leads: LeadTable, columns: Columns, groups: Sequence[Group]) -> None:
    """Refuse what is no crossover: two variants in two periods, each rep one in each.

    Raises:
        Refused: for other numbers of them, or naming the rep and the first row.
    """
    period = columns.stratum or ""
    for what, column in (("variant", columns.variant), ("stratum", period)):
        found = sorted({getattr(group, what) for group in groups})
        if len(found) != 2:
            text = "A crossover has two of them; here are {count}: {listed}."
            values = {"count": len(found), "listed": ", ".join(found)}
            raise Refused(problem(column, text, **values))
    seen: dict[tuple[str, str], Group] = {}
    for group in groups:
        first = seen.setdefault((group.rep, group.stratum), group)
        if group.variant != first.variant:
            texts = {columns.rep or "": group.rep, period: group.stratum}
            texts[columns.variant] = group.variant
            text = "Rep {rep} is in two variants in period {period}."
            raise refused_at(
                leads, texts, columns.rep or "", text, rep=group.rep, period=group.stratum
            )
    for rep in sorted({group.rep for group in groups}):
        mine = [group for group in groups if group.rep == rep]
        if len({group.variant for group in mine}) < 2 or len({g.stratum for g in mine}) < 2:
            text = "Rep {rep} did not follow both variants, one in each period."
            raise refused_at(leads, {columns.rep or "": rep}, columns.rep or "", text, rep=rep)


def _control(names: Sequence[str], column: str, control: str | None) -> str:
    listed = ", ".join(names)
    if control is not None:
        if control not in names:
            text = "No variant is called {name}; there are {listed}."
            raise Refused(problem(column, text, name=control, listed=listed))
        return control
    for usual in CONTROL_NAMES:
        for name in names:
            if name.lower() == usual:
                return name
    text = "Which of {listed} is the control? Name it with --control."
    raise Refused(problem(column, text, listed=listed))
