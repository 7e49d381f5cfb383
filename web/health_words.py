"""The figures behind a check in words, and what to do where it fails."""

from __future__ import annotations

from datetime import datetime

from experiments.check import Check, CheckName, Figure, FigureName
from experiments.health_report import Health
from web import format
from web.templating import Reader
from web.texts import N_

FIGURES = {
    FigureName.UNITS: N_("units"),
    FigureName.PLANNED_SHARE: N_("planned share"),
    FigureName.SHARE: N_("share"),
    FigureName.LEADS: N_("leads"),
    FigureName.REPS: N_("reps"),
    FigureName.AFFECTED: N_("of these affected"),
    FigureName.IDLE: N_("without leads"),
    FigureName.LEADS_PER_REP: N_("leads a rep"),
    FigureName.RATIO: N_("times as many as the control"),
    FigureName.LIMIT: N_("at most"),
    FigureName.P: N_("p"),
    FigureName.MISPLACED: N_("in another variant than drawn"),
    FigureName.COMPLETE_THROUGH: N_("complete through"),
    FigureName.FOLLOWED: N_("followed"),
    FigureName.FLOOR: N_("at least"),
    FigureName.DAYS_OLD: N_("days old"),
    FigureName.MOST_DAYS: N_("days old at most"),
    FigureName.SHARE_BEFORE: N_("share before the test"),
    FigureName.LEADS_BEFORE: N_("leads a rep and week before"),
    FigureName.DEAL_SIZE_BEFORE: N_("average won deal before"),
    FigureName.TENURE: N_("weeks that a rep was there"),
}
ADVICE = {
    CheckName.PLAN: N_(
        "The stored plan is not the one that was launched: somebody changed the database by hand. "
        "Restore it from a backup of before."
    ),
    CheckName.DRAW: N_(
        "Units stand in other variants than the seed drew. Find out who moved them, and begin "
        "anew: a split that was mended by hand is no longer a matter of chance."
    ),
    CheckName.RATIO: N_(
        "The variants got other shares than planned, more than chance explains. Look for leads "
        "that are lost, or told twice, on the way from one of them."
    ),
    CheckName.UNMAPPED_STAGES: N_(
        "Say on the page Data what the unknown words mean; what waits for them is then placed."
    ),
    CheckName.MISSING_OUTCOMES: N_(
        "Ask the reps of these leads what became of them, or bring a newer file of deals."
    ),
    CheckName.MISSING_VALUES: N_("Enter the amounts of the wins that have none in the CRM."),
    CheckName.STALE_DATA: N_(
        "Bring a newer file, or see under Data why the connection tells nothing any more."
    ),
    CheckName.IDLE_REPS: N_(
        "Find out why these reps get no leads. If one process keeps them from getting any, that "
        "is a result of its own, and the rates cannot show it."
    ),
    CheckName.BALANCE: N_(
        "Chance gave the variants reps who differed before the test; the plan’s page shows in "
        "what. The test reckons with such luck, so nothing has to be mended. Read a narrow "
        "result with care, and let a next test balance its split by what reps did before."
    ),
    CheckName.LEADS_PER_REP: N_(
        "Look at how leads are given out. If reps choose them, the variants’ leads are not alike."
    ),
    CheckName.TRANSFERS: N_(
        "They count where they enrolled. Ask people to keep leads within a variant until the end."
    ),
    CheckName.ADHERENCE: N_(
        "See below who did not follow, and ask them what got in the way; a treatment that nobody "
        "follows cannot show what it does."
    ),
}
_SHARES = (
    FigureName.PLANNED_SHARE,
    FigureName.SHARE,
    FigureName.FOLLOWED,
    FigureName.FLOOR,
    FigureName.LIMIT,
    FigureName.SHARE_BEFORE,
)
_FINE = {
    FigureName.P: 3,
    FigureName.RATIO: 2,
    FigureName.LEADS_PER_REP: 1,
    FigureName.DAYS_OLD: 1,
    FigureName.LEADS_BEFORE: 1,
}


class HealthWords:
    """Says a test's health to one reader."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.say = reader.translations.gettext

    def figure(self, figure: Figure) -> str:
        """A figure, of what it is, and its number: `Demo first: leads 435`."""
        whose = f"{figure.of}: " if figure.of else ""
        return f"{whose}{self.say(FIGURES[figure.name])} {self._number(figure)}"

    def advice(self, check: Check) -> str:
        """What to do where it fails; empty otherwise."""
        return self.say(ADVICE[check.name]) if check.failed else ""

    def share(self, share: float | None) -> str:
        """A share, or a dash."""
        return "–" if share is None else format.percent(share, locale=self.reader.locale)

    def _number(self, figure: Figure) -> str:
        value, locale = figure.value, self.reader.locale
        if value is None:
            return "–"
        if isinstance(value, datetime):
            return format.moment(value, **self.reader.dated)
        if figure.name in _SHARES:
            return format.percent(value, locale=locale)
        return format.number(value, locale=locale, digits=_FINE.get(figure.name, 0))


def as_dict(health: Health) -> dict[str, object]:
    """The health as the API and the command print it."""
    return {
        "experiment": health.plan.experiment,
        "as_of": health.as_of.isoformat(timespec="seconds"),
        "complete_through": health.complete_through.isoformat(timespec="seconds"),
        "groups": [
            {
                "variant": each.variant.key,
                "reps": each.reps,
                "enrolled": each.enrolled,
                "matured": each.matured,
                "open": each.open,
            }
            for each in health.groups
        ],
        "exclusion_group": health.plan.exclusion_group,
        "kept_out": [{"experiment": each.key, "leads": each.leads} for each in health.kept_out],
        "checks": [
            {
                "name": each.name,
                "blocks": each.blocks,
                "state": each.state,
                "figures": [
                    {
                        "name": figure.name,
                        "of": figure.of or None,
                        "value": figure.value.isoformat()
                        if isinstance(figure.value, datetime)
                        else figure.value,
                    }
                    for figure in each.figures
                ],
            }
            for each in health.checks
        ],
        "followed": [
            {
                "variant": each.variant.key,
                "shares": {
                    variant.key: each.share(variant.id)
                    for variant in (health.plan.control, each.variant)
                },
            }
            for each in health.followed
        ],
    }
