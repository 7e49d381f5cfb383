"""R's and published numbers, through the commands that people use."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.web.conftest import Run, said

REFERENCE = Path(__file__).parent.parent / "reference"
SIX_DIGITS = 1e-6


def rows(name: str) -> list[dict[str, str]]:
    with (REFERENCE / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_newcombes_table_comes_out_of_analyse(run: Run, tmp_path: Path) -> None:
    path, compared = tmp_path / "leads.csv", 0
    ours = {
        "newcombe_10": "newcombe",
        "miettinen_nurminen": "score",
        "agresti_caffo": "agresti_caffo",
    }
    for row in rows("newcombe1998.csv"):
        if row["method"] not in ours:
            continue
        arms = (("B", row["x1"], row["n1"]), ("A", row["x2"], row["n2"]))
        lines = [f"{v},{int(at < int(x))}" for v, x, n in arms for at in range(int(n))]
        path.write_text("\n".join(["v,y", *lines]), encoding="utf-8")
        asked = ("analyse", str(path), "--variant", "v", "--outcome", "y", "--json")
        (comparison,) = said(run(*asked))["comparisons"]
        ci = comparison["estimates"][ours[row["method"]]]["ci"]
        published = [float(row["lower"]), float(row["upper"])]
        # They are printed with four decimals.
        assert ci == pytest.approx(published, abs=6e-5), row
        compared += 1
    assert compared >= 18


def test_rpacts_bounds_come_out_of_plan_boundaries(run: Run) -> None:
    found = rows("group_sequential_rpact.csv")
    for label in dict.fromkeys(row["label"] for row in found):
        mine = [row for row in found if row["label"] == label and row["sided"] == "2"]
        shares = ",".join(row["info"] for row in mine)
        spending = "pocock" if label.startswith("asP") else "obrien-fleming"
        asked = ("--looks", shares, "--alpha", mine[0]["alpha"], "--spending", spending)
        told = said(run("plan", "boundaries", *asked, "--json"))
        expected = [float(row["critical_z"]) for row in mine]
        assert told["critical_z"] == pytest.approx(expected, rel=SIX_DIGITS)
        spent = [float(row["alpha_spent"]) for row in mine]
        assert told["alpha_spent"] == pytest.approx(spent, rel=SIX_DIGITS)


def test_rs_power_comes_out_of_plan_power(run: Run) -> None:
    for row in rows("power_rep_randomised.csv"):
        effect = float(row["p1"]) - float(row["p0"])
        told = said(
            run(
                *("plan", "power", "--reps-per-variant", row["clusters_per_arm"]),
                *("--leads-per-rep", row["m_mean"], "--cv", row["cv_m"], "--icc", row["icc"]),
                *("--baseline", row["p0"], "--effect", repr(effect), "--estimand", "lead"),
                "--json",
            )
        )
        assert told["power"] == pytest.approx(float(row["power_t"]), rel=SIX_DIGITS)
        assert told["design_effect"] == pytest.approx(float(row["deff"]), rel=SIX_DIGITS)


def test_survivals_incidence_comes_out_of_analyse(run: Run) -> None:
    by_sex = [row for row in rows("aalen_johansen_mgus2.csv") if row["group"] != "all"]
    path = str(REFERENCE / "mgus2.csv")
    asked = ("analyse", path, "--variant", "sex", "--control", "F", "--time", "etime")
    told = {
        horizon: {
            each["variant"]: each
            for each in said(run(*asked, "--event", "event", "--horizon", horizon, "--json"))[
                "incidence"
            ]
        }
        for horizon in dict.fromkeys(row["time"] for row in by_sex)
    }
    for row in by_sex:
        found = told[row["time"]][row["group"][-1]]
        event = {"pcm": "won", "death": "lost"}[row["cause"]]
        assert found[event] == pytest.approx(float(row["cif"]), rel=SIX_DIGITS)
        assert found[f"{event}_se"] == pytest.approx(float(row["se_IJ"]), rel=SIX_DIGITS)
