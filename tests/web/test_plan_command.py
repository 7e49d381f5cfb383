"""`stagelift plan` as a person and a program meet it."""

import json
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from web.cli import main

DOCUMENT = (Path(__file__).parent.parent.parent / "docs" / "plan.md").read_text(encoding="utf-8")
POWER = "--reps-per-variant 10 --leads-per-rep 50 --cv 0.7 --baseline 0.2 --effect 0.1 --icc 0.05"


def run(arguments: str) -> Result:
    return CliRunner().invoke(main, ["plan", *shlex.split(arguments)])


def test_power_prints_the_documented_json() -> None:
    found = json.loads(run(f"power {POWER} --estimand lead --json").stdout)
    assert list(found) == ["power", "design_effect", "detectable_effect"]
    # R 4.2.2: 1 - pt(q, 18, ncp) + pt(-q, 18, ncp) with q = qt(.975, 18).
    assert found["power"] == pytest.approx(0.363241323064601, rel=1e-9)
    assert found["design_effect"] == pytest.approx(4.675)
    assert found["detectable_effect"] > 0.1


def test_power_is_told_in_words_too() -> None:
    said = run(f"power {POWER} --estimand lead").stdout
    assert "Power 0.363: so often a difference of +0.1 is found." in said
    assert "Design effect 4.675." in said


def test_a_fall_is_looked_for_where_the_effect_is_one() -> None:
    falling = POWER.replace("--effect 0.1", "--effect -0.1")
    assert json.loads(run(f"power {falling} --json").stdout)["detectable_effect"] < -0.1


def test_no_detectable_effect_is_null() -> None:
    tiny = "--reps-per-variant 2 --leads-per-rep 1 --baseline 0.5 --effect 0.1 --icc 0.5"
    assert json.loads(run(f"power {tiny} --json").stdout)["detectable_effect"] is None
    assert "No difference is found 80% of the time." in run(f"power {tiny}").stdout


def test_simulated_power_stands_beside_the_reckoned_one() -> None:
    asked = f"power {POWER} --simulate 500 --seed 3 --json"
    found = json.loads(run(asked).stdout)
    simulated = found["simulated"]
    assert list(simulated) == [
        "runs",
        "power",
        "power_se",
        "false_positives",
        "false_positives_se",
    ]
    assert simulated["power"] == pytest.approx(found["power"], abs=0.02 + 4 * 0.022)
    assert simulated["false_positives"] <= 0.05 + 4 * 0.01
    assert json.loads(run(asked).stdout) == found
    assert all(f"`{name}`" in DOCUMENT for name in ["simulated", *simulated])


WEEKLY = "--reps-per-variant 8 --leads-per-week 4 --baseline 0.2 --effect 0.1 --icc 0.05"


def test_weeks_and_the_least_p_stand_beside_a_design() -> None:
    found = json.loads(run(f"power {WEEKLY} --weeks 20 --design leads --json").stdout)
    assert list(found) == ["power", "design_effect", "detectable_effect", "smallest_p", "weeks"]
    assert found["weeks"]["enrolment"] == 20
    assert found["weeks"]["total"] == pytest.approx(20 + 60 / 7)
    assert found["weeks"]["needed_enrolment"] < 20
    assert all(f"`{name}`" in DOCUMENT for name in ["smallest_p", "weeks", *found["weeks"]])
    never = json.loads(run(f"power {WEEKLY} --json").stdout)["weeks"]
    assert (never["needed_enrolment"], never["needed_total"]) == (None, None)


def test_a_design_that_can_find_nothing_says_so() -> None:
    asked = f"power {WEEKLY} --design paired".replace("variant 8", "variant 5")
    said = run(asked).stdout
    assert "No p under 0.062 can come out of so few reps" in said
    assert "Not even five years find +0.1 80% of the time." in said


def test_a_correlation_with_a_split_by_chance_is_that_of_a_covariate() -> None:
    named, alone = (
        json.loads(run(f"power {POWER} --correlation 0.6 {more} --json").stdout)
        for more in ("--covariate", "")
    )
    assert named == alone
    assert alone["power"] > json.loads(run(f"power {POWER} --json").stdout)["power"]


def test_a_design_has_the_name_that_statisticians_give_it_too() -> None:
    ours, theirs = (
        json.loads(run(f"power {POWER} --correlation 0.6 --design {name} --json").stdout)
        for name in ("by_team", "stratified")
    )
    assert ours == theirs


def test_a_simulated_design_stands_beside_the_reckoned_one() -> None:
    asked = f"power {WEEKLY} --design paired --correlation 0.6 --covariate --simulate 300 --json"
    found = json.loads(run(asked).stdout)
    assert found["simulated"]["power"] == pytest.approx(found["power"], abs=0.04 + 4 * 0.029)


def test_boundaries_print_the_documented_json() -> None:
    found = json.loads(run("boundaries --looks 0.5,1 --json").stdout)
    # rpact 3.3.4: getDesignGroupSequential(typeOfDesign = "asOF", sided = 2, alpha = .05).
    assert found["critical_z"] == pytest.approx([2.96258804, 1.96859565], abs=1e-7)
    assert found["alpha_spent"] == pytest.approx([0.00305064552, 0.05], abs=1e-7)


@pytest.mark.parametrize("command", ["power", "boundaries"])
def test_the_documented_example_prints_what_the_document_shows(command: str) -> None:
    pattern = rf"    \$ stagelift plan ({command} [^\n]*)\n\n```\n(.*?)```"
    examples = re.findall(pattern, DOCUMENT, re.DOTALL)
    assert examples
    for arguments, shown in examples:
        assert run(arguments).stdout == shown


@pytest.mark.parametrize("command", ["power", "boundaries"])
def test_every_option_is_documented(command: str) -> None:
    options = set(re.findall(r"--[a-z-]+", run(f"{command} --help").stdout)) - {"--help"}
    assert {each for each in options if f"`{each}`" not in DOCUMENT and each != "--json"} == set()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (f"power {POWER} --cv -1", "--cv: is 0 or more, not -1.0."),
        (f"power {POWER} --reps-per-variant 1", "--reps-per-variant: is 2 or more, not 1."),
        (f"power {POWER} --leads-per-rep nan", "--leads-per-rep: is 1 or more, not nan."),
        (f"power {POWER} --effect 0.9", "--effect: leads from 0.2 to 1.1, which is no rate."),
        (f"power {POWER} --simulate 2000000", "--simulate: so many runs of so many reps are too"),
        (f"power {POWER} --simulate 0", "--simulate: that is 1 run or more, not 0."),
        (f"power {POWER} --simulate 9 --seed -1", "--seed: a seed is 0 or more, not -1."),
        (f"power {POWER} --simulate 9 --estimand lead", "--simulate: the test that decides"),
        (f"power {WEEKLY} --leads-per-rep 9 --weeks 3", "--weeks: say either --leads-per-rep"),
        (f"power {WEEKLY} --weeks 0", "--weeks: is above 0, not 0."),
        (f"power {WEEKLY} --horizon -1", "--horizon: is 0 days or more, not -1."),
        (f"power {POWER} --weeks 3", "--weeks: goes with --leads-per-week."),
        (f"power {POWER} --correlation 0.95", "--correlation: is from 0 to 0.760 with"),
        (f"power {POWER} --design leads --covariate", "--covariate: goes with a split of reps"),
        (f"power {POWER} --design by_team --teams 20", "--teams: is 1 to the reps, not 20."),
        (
            "power --reps-per-variant 9 --baseline 0.2 --effect 0.1 --icc 0",
            "--leads-per-rep: say how many leads, or --leads-per-week.",
        ),
        ("boundaries --looks a,b", "--looks: a,b is not a list of numbers such as 0.5,1."),
        (
            "boundaries --looks 0.5,0.5",
            "--looks: each look has more information than the one before.",
        ),
        ("boundaries --looks 0,1", "--looks: looks are shares of the final information, above 0"),
        (
            "boundaries --looks 0.5,nan",
            "--looks: looks are shares of the final information, above 0",
        ),
        ("boundaries --looks 1 --alpha 2", "--alpha: alpha is between 0 and 1, not 2.0."),
    ],
)
def test_bad_input_is_one_line_on_stderr_and_exit_code_2(arguments: str, message: str) -> None:
    found = run(arguments)
    assert (found.exit_code, found.stdout) == (2, "")
    assert len(found.stderr.splitlines()) == 1
    assert message in found.stderr
