"""`stagelift analyse --design`: a recorded split of reps, drawn again as it was."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.estimate import Estimate
from analysis.randomization import randomization_test
from assignment.design import Complete
from assignment.rerandomised import directions_of, imbalance
from tests.web.conftest import Run, refusal, said

REPS = "abcdefgh"
TREATED = np.array([rep in "bdfh" for rep in REPS])
WON = [1, 3, 2, 5, 4, 2, 6, 7]
BEFORE = {rep: [float(WON[at] + at % 3), float(at)] for at, rep in enumerate(REPS)}
TEAMS = {rep: "north" if rep in "abcd" else "south" for rep in REPS}
PAIRS = {rep: str(at // 2) for at, rep in enumerate(REPS)}


@pytest.fixture
def leads(tmp_path: Path) -> str:
    path = tmp_path / "leads.csv"
    rows = [
        f"{rep},{'B' if TREATED[at] else 'A'},{int(n < WON[at])},{TEAMS[rep]},{PAIRS[rep]}"
        for at, rep in enumerate(REPS)
        for n in range(10)
    ]
    path.write_text("\n".join(["rep,v,won,team,pair", *rows]), encoding="utf-8")
    return str(path)


def design(tmp_path: Path, **told: Any) -> str:
    path = tmp_path / "design.json"
    path.write_text(json.dumps(told), encoding="utf-8")
    return str(path)


def deciding(run: Run, leads: str, *options: str) -> dict[str, Any]:
    asked = ("analyse", leads, "--rep", "rep", "--variant", "v", "--outcome", "won", *options)
    (comparison,) = said(run(*asked, "--json"))["comparisons"]
    found: dict[str, Any] = comparison["estimates"]["randomization"]
    return found


@pytest.mark.parametrize(
    ("told", "options"),
    [
        ({"kind": "complete"}, ()),
        ({"kind": "by_team", "strata": TEAMS}, ("--stratum", "team")),
        ({"kind": "paired", "strata": PAIRS}, ("--pair", "pair")),
        # Each is nearest to its neighbour.
        (
            {
                "kind": "paired",
                "baseline": {rep: [at // 2 * 9 + at % 2] for at, rep in enumerate(REPS)},
            },
            ("--pair", "pair"),
        ),
    ],
)
def test_a_recorded_design_is_drawn_again_like_the_columns_that_tell_it(
    run: Run, leads: str, tmp_path: Path, told: dict[str, Any], options: tuple[str, ...]
) -> None:
    assert deciding(run, leads, "--design", design(tmp_path, **told)) == deciding(
        run, leads, *options
    )
    plan = {"experiment": "x", "split": told | {"seed": 3, "salt": "", "units": list(REPS)}}
    assert deciding(run, leads, "--design", design(tmp_path, **plan)) == deciding(
        run, leads, *options
    )


def test_a_rerandomised_split_is_drawn_among_the_accepted(
    run: Run, leads: str, tmp_path: Path
) -> None:
    every = Complete(tuple(REPS), (4, 4)).every_draw()
    directions = directions_of(list(BEFORE.values()))
    own = float(imbalance(directions, TREATED.astype(np.int8)[np.newaxis])[0])
    accepted = every[imbalance(directions, every) <= own * (1 + 1e-9)] == 1
    assert 2 < len(accepted) < len(every)
    rates = np.array(WON) / 10
    expected = randomization_test(rates, TREATED, accepted, exact=True)
    assert isinstance(expected, Estimate)
    told = {"kind": "rerandomised", "baseline": BEFORE, "limit": own * (1 + 1e-9)}
    found = deciding(run, leads, "--design", design(tmp_path, **told))
    assert (found["p"], found["draws"]) == (pytest.approx(expected.p), len(accepted))


def test_reps_without_leads_stay_in_the_design(run: Run, leads: str, tmp_path: Path) -> None:
    told = {"kind": "by_team", "strata": TEAMS | {"z": "south"}, "variants": {"z": "B"}}
    assert deciding(run, leads, "--design", design(tmp_path, **told)) == deciding(
        run, leads, "--stratum", "team"
    )


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"kind": "coin"}, "--design: kind: Input should be 'complete'"),
        ({}, "--design: kind: Field required."),
        ({"split": {"kind": "coin"}}, "--design: split.kind: Input should be"),
        ({"kind": "by_team", "strata": {"a": "n"}}, "strata: it says nothing of rep b."),
        ({"kind": "rerandomised", "baseline": BEFORE}, "--design: limit: it is missing"),
        (
            {"kind": "rerandomised", "baseline": BEFORE, "limit": 0.0},
            "This design does not accept the table's split: its imbalance is over 0.0.",
        ),
        (
            {"kind": "rerandomised", "baseline": {rep: [1] for rep in REPS}, "limit": 1},
            "baseline: nothing from before the test varies",
        ),
        ({"kind": "by_team", "strata": TEAMS | {"z": "x"}}, "Rep z has no leads in the table"),
        ({"kind": "complete", "variants": {"a": "B"}}, "Rep a has B in the design, and A in"),
        ({"kind": "paired", "baseline": {"a": ["x"]}}, "--design: baseline.a.0: "),
    ],
)
def test_a_design_that_does_not_fit_is_refused(
    run: Run, leads: str, tmp_path: Path, told: dict[str, Any], message: str
) -> None:
    asked = ("analyse", leads, "--rep", "rep", "--variant", "v", "--outcome", "won")
    code, line = refusal(run(*asked, "--design", design(tmp_path, **told)))
    assert (code, message in line, line.count("\n")) == (2, True, 1), line


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b'"x"'])
def test_what_is_no_design_at_all_is_refused(
    run: Run, leads: str, tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "design.json"
    path.write_bytes(content)
    asked = ("analyse", leads, "--rep", "rep", "--variant", "v", "--outcome", "won")
    code, line = refusal(run(*asked, "--design", str(path)))
    assert (code, line.count("\n")) == (2, 1), line
    both = refusal(run(*asked, "--design", str(path), "--stratum", "team"))
    assert (both[0], "--design: it says how reps were split" in both[1]) == (2, True)
