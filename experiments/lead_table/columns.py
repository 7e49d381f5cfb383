"""Which column of a table of leads says what."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column says what."""

    variant: str
    outcomes: tuple[str, ...]  # at least one
    rep: str | None = None
    stratum: str | None = None
    covariate: str | None = None  # a value from before the test
    followed: str | None = None  # whether the lead received the treatment's defining actions
    segment: str | None = None  # over which the effect may differ
    look: str | None = None  # the number of the first planned look that saw the lead's outcome
    per: str | None = None  # by whose sum an outcome's sum is divided
    cap: float | None = None  # no outcome counts for more

    @property
    def outcome(self) -> str:
        """The first outcome, which describes the leads where there is room for one."""
        return self.outcomes[0]

    @property
    def parts(self) -> dict[str, str]:
        """The columns that part the leads into groups, by what they say."""
        named = {
            "variant": self.variant,
            "rep": self.rep,
            "stratum": self.stratum,
            "segment": self.segment,
            "look": self.look,
        }
        return {part: column for part, column in named.items() if column is not None}

    @property
    def numbers(self) -> dict[str, str]:
        """The columns of numbers, by what they are called in sums; outcomes are y0, y1, …"""
        outcomes = {f"y{place}": column for place, column in enumerate(self.outcomes)}
        named = {"covariate": self.covariate, "followed": self.followed, "per": self.per}
        return outcomes | {what: column for what, column in named.items() if column is not None}
