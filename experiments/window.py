"""Which leads and events a plan counts: those of its phase."""

from __future__ import annotations

from datetime import datetime

from experiments.counting import Window
from experiments.plan import Plan


def window_of(
    experiment_id: int,
    plan: Plan,
    *,
    through: datetime,
    as_of: datetime,
    until: datetime | None = None,
) -> Window:
    """What counts of a launched experiment.

    Args:
        through: The moment through which the data is complete.
        as_of: Only what was recorded by then is seen.
        until: When the plan's phase ended; None for the present one.
    """
    return Window(
        experiment_id,
        plan.horizon_days,
        through,
        as_of,
        plan.valuation,
        enrolled_from=plan.begins_at,
        enrolled_until=until,
    )
