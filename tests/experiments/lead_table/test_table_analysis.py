"""Tables of leads, counted where they are and compared by the unit that was split."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

import duckdb
import pytest

from analysis.estimate import NotEstimable, Why
from analysis.methods import Unit
from experiments.lead_table.analysis import analyse
from experiments.lead_table.answer import Question
from experiments.lead_table.columns import Columns
from experiments.lead_table.source import database_table
from tests.experiments.lead_table.tables import (
    REFERENCE,
    REPS,
    answer,
    csv_of,
    estimate,
    parquet_of,
    refusal,
    split_leads,
    split_reps,
)


def test_reps_who_were_split_give_rs_numbers() -> None:
    found = answer(REFERENCE / "crt10.csv", split_reps())
    randomization = estimate(found, "randomization")
    # R 4.2.2: all 252 assignments listed; t.test(rate ~ treat, var.equal = TRUE).
    assert randomization.p == pytest.approx(0.00793651, abs=5e-9)
    assert randomization.ci == pytest.approx((0.05785357, 0.26670719), abs=5e-9)
    assert estimate(found, "rep_t").p == pytest.approx(0.007006473894801, rel=1e-9)
    assert found.first.comparisons["1"].primary == "randomization"
    # As STATISTICS of the reference set: .015 within variants.
    assert found.first.likeness.icc == pytest.approx(0.015, abs=0.0005)


def test_groups_show_both_averages_the_control_first() -> None:
    control, treatment = answer(REFERENCE / "crt10.csv", split_reps()).first.groups
    # R: mean(rate) by treat of crt10_by_rep, and sum(won)/sum(n).
    assert (control.variant, control.reps, control.leads) == ("0", 5, 432)
    assert control.average_rep == pytest.approx(0.1516177771)
    assert control.average_lead == pytest.approx(53 / 432)
    assert (treatment.variant, treatment.reps, treatment.leads) == ("1", 5, 754)
    swapped = answer(REFERENCE / "crt10.csv", split_reps(control="1"))
    assert [group.variant for group in swapped.first.groups] == ["1", "0"]
    assert estimate(swapped, "rep_t", "0").effect == pytest.approx(-0.1569226246369)


def test_a_parquet_file_gives_the_same_as_csv(tmp_path: Path) -> None:
    csv = REFERENCE / "crt10.csv"
    copy = tmp_path / "crt10.csv"
    copy.write_bytes(csv.read_bytes())
    expected = answer(csv, split_reps()).as_dict()
    assert answer(parquet_of(copy), split_reps()).as_dict() == expected
    texts = parquet_of(copy, ", all_varchar = true")
    assert answer(texts, split_reps()).as_dict() == expected


@pytest.mark.parametrize("kind", ["sqlite", "duckdb"])
def test_a_database_table_gives_the_same_as_csv(kind: str, tmp_path: Path) -> None:
    csv, file = REFERENCE / "crt10.csv", tmp_path / "crm.db"
    rows = [line.split(",") for line in csv.read_text(encoding="utf-8").splitlines()[1:]]
    values = [(row[0], row[1], int(row[4])) for row in rows]
    create = "CREATE TABLE deals (rep_id VARCHAR, treat VARCHAR, won INTEGER)"
    insert = "INSERT INTO deals VALUES (?, ?, ?)"
    connection: sqlite3.Connection | duckdb.DuckDBPyConnection
    connection = sqlite3.connect(file) if kind == "sqlite" else duckdb.connect(file)
    connection.execute(create)
    connection.executemany(insert, values)
    connection.commit()
    connection.close()
    with database_table(f"{kind}:///{file}", "main.deals") as leads:
        found = analyse(leads, split_reps()).as_dict()
    assert found == answer(csv, split_reps()).as_dict()


def test_a_postgresql_table_gives_the_same_as_csv(postgresql_url: str) -> None:
    import psycopg

    csv = REFERENCE / "crt10.csv"
    rows = [line.split(",") for line in csv.read_text(encoding="utf-8").splitlines()[1:]]
    with psycopg.connect(postgresql_url) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE deals (rep_id int, treat int, won boolean)")
        with cursor.copy("COPY deals FROM STDIN") as copy:
            for row in rows:
                copy.write_row((row[0], row[1], row[4] == "1"))
    with database_table(postgresql_url, "public.deals") as leads:
        found = analyse(leads, split_reps()).as_dict()
    assert found == answer(csv, split_reps()).as_dict()


def test_split_leads_are_compared_by_the_score(tmp_path: Path) -> None:
    # Newcombe (1998), Table II, contrast (a): 56 of 70 against 48 of 80.
    lines = ["x,A,1"] * 48 + ["x,A,0"] * 32 + ["y,B,1"] * 56 + ["y,B,0"] * 14
    found = answer(csv_of(tmp_path, *lines), split_leads(Columns("treat", ("won",))))
    assert estimate(found, "score", "B").ci == pytest.approx((0.0528, 0.3382), abs=5e-5)
    assert estimate(found, "newcombe", "B").ci == pytest.approx((0.0524, 0.3339), abs=5e-5)
    assert found.first.comparisons["B"].estimates["mh_score"] == NotEstimable(Why.NO_STRATUM)
    assert found.first.likeness.icc is None
    assert found.first.groups[0].reps is None


def gart_nam(folder: Path) -> Path:
    # Gart & Nam (1988): reached and leads of treatment, then of control, by stratum.
    table = [(4, 16, 5, 79), (2, 16, 3, 87), (4, 18, 10, 90), (1, 15, 3, 82)]
    lines = []
    for stratum, (x1, n1, x0, n0) in enumerate(table):
        for variant, reached, leads in (("B", x1, n1), ("A", x0, n0)):
            lines += [f"s{stratum},{variant},{int(lead < reached)}" for lead in range(leads)]
    return csv_of(folder, *lines)


def test_leads_split_within_strata_are_compared_within_them(tmp_path: Path) -> None:
    columns = Columns("treat", ("won",), stratum="rep_id")
    found = answer(gart_nam(tmp_path), split_leads(columns))
    assert found.first.comparisons["B"].primary == "mh_score"
    # R 4.2.2, ratesci::scoreci(stratified = TRUE, weighting = "MH", skew = FALSE).
    expected = (0.0274839765, 0.217359574)
    assert estimate(found, "mh_score", "B").ci == pytest.approx(expected, abs=5e-10)


def test_amounts_per_lead_are_compared_by_welch(tmp_path: Path) -> None:
    # Welch (1947)-type example of R's ?t.test: extra ~ group of the data set `sleep`:
    # t = -1.8608, df = 17.776, p-value = 0.07939, 95% interval -3.3654832 to 0.2054832.
    first = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
    second = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
    lines = [f"r,2,{y}" for y in second] + [f"r,1,{y}" for y in first]
    found = answer(csv_of(tmp_path, *lines), split_leads(Columns("treat", ("won",)), control="2"))
    welch = estimate(found, "welch")
    assert welch.effect == pytest.approx(-1.58)
    assert welch.p == pytest.approx(0.07939, abs=5e-6)
    assert welch.df == pytest.approx(17.776, abs=5e-4)
    assert welch.ci == pytest.approx((-3.3654832, 0.2054832), abs=5e-8)


def test_large_amounts_keep_their_variance(tmp_path: Path) -> None:
    def spread(base: float) -> float | None:
        lines = [f"r,{treat},{base + y * (1 + treat)}" for treat in (0, 1) for y in (1, 2, 4, 8)]
        found = answer(csv_of(tmp_path, *lines), split_leads(Columns("treat", ("won",))))
        return estimate(found, "welch").se

    assert spread(1e9) == pytest.approx(spread(0), rel=1e-6)


def test_amounts_of_split_reps_are_compared_by_their_means(tmp_path: Path) -> None:
    amounts = {"a": (0, [0, 10]), "b": (0, [4]), "c": (1, [20]), "d": (1, [8, 8, 14])}
    lines = [f"{rep},{treat},{y}" for rep, (treat, each) in amounts.items() for y in each]
    found = answer(csv_of(tmp_path, *lines), split_reps())
    # By hand: means 5 and 4 against 20 and 10.
    assert estimate(found, "randomization").effect == pytest.approx(10.5)
    assert estimate(found, "randomization").smallest_p == pytest.approx(1 / 3)


def test_reps_split_within_strata_are_redrawn_within_them(tmp_path: Path) -> None:
    path = tmp_path / "teams.csv"
    rows = ["rep,team,variant,won"]
    for team, split in (("north", "AAABBB"), ("south", "AABB")):
        for place, variant in enumerate(split):
            rows += [f"{team}{place},{team},{variant},{int(k <= place)}" for k in range(8)]
    path.write_text("\n".join(rows), encoding="utf-8")
    columns = Columns("variant", ("won",), rep="rep", stratum="team")
    found = estimate(answer(path, split_reps(columns)), "randomization", "B")
    # By hand: choose(6, 3) times choose(4, 2) ways.
    assert (found.exact, found.draws) == (True, 20 * 6)


def pairs_of_reps(folder: Path, *, last: str = "p4,B") -> Path:
    path = folder / "pairs.csv"
    rows = ["rep,pair,variant,won"]
    wins = {"p0,A": 1, "p0,B": 3, "p1,A": 2, "p1,B": 5, "p2,A": 0, "p2,B": 1, "p3,A": 4, "p3,B": 7}
    for place, (split, won) in enumerate((wins | {"p4,A": 3, last: 8}).items()):
        rows += [f"r{place},{split},{int(lead < won)}" for lead in range(10)]
    path.write_text("\n".join(rows), encoding="utf-8")
    return path


def test_paired_reps_are_redrawn_within_their_pairs(tmp_path: Path) -> None:
    columns = Columns("variant", ("won",), rep="rep", stratum="pair")
    question = Question(columns=columns, unit=Unit.REP, paired=True)
    found = answer(pairs_of_reps(tmp_path), question)
    randomization = estimate(found, "randomization", "B")
    # By hand: 2**5 sign-flips; every pair is better in B, which only 2 of them give.
    assert (randomization.draws, randomization.p) == (32, 2 / 32)
    # By hand: differences of .2, .3, .1, .3 and .5.
    paired = estimate(found, "paired_t", "B")
    assert paired.effect == pytest.approx(0.28)
    assert paired.df == 4
    lonely = pairs_of_reps(tmp_path, last="p5,B")
    assert refusal(lonely, question).endswith("has one variant only, A.")
    three = pairs_of_reps(tmp_path, last="p4,C")
    assert refusal(three, question) == "pair: Pairs are split between two variants, not more."
    with pairs_of_reps(tmp_path).open("a", encoding="utf-8") as file:
        file.write("\nr99,p4,B,1\n")
    assert refusal(tmp_path / "pairs.csv", question) == (
        "pair, line 82: Pair p4 has 3 reps, not two."
    )


def three_variants(folder: Path) -> Path:
    lines = []
    for rep in range(12):
        variant, wins = "ABC"[rep % 3], (2, 6, 3)[rep % 3] + rep % 4
        lines += [f"rep{rep:02d},{variant},{int(lead < wins)}" for lead in range(20)]
    return csv_of(folder, *lines)


def test_each_of_three_variants_is_redrawn_with_the_control_alone(tmp_path: Path) -> None:
    found = answer(three_variants(tmp_path), split_reps())
    assert list(found.first.comparisons) == ["B", "C"]
    for treatment, comparison in found.first.comparisons.items():
        # By hand: choose(8, 4) ways, not the 34,650 of all three.
        assert estimate(found, "randomization", treatment).draws == 70
        assert comparison.adjusted is not None
    assert list(found.as_dict()["comparisons"][0]) == [
        "variant",
        "outcome",
        "primary",
        "estimates",
        "adjusted",
    ]


def test_the_seed_decides_the_redraws_of_a_large_team(tmp_path: Path) -> None:
    lines = [
        f"rep{rep:02d},{'AB'[rep % 2]},{int(lead < 3 + rep % 5 + rep % 2)}"
        for rep in range(24)
        for lead in range(10)
    ]
    path = csv_of(tmp_path, *lines)

    def p_of(seed: int) -> float:
        question = Question(columns=REPS, unit=Unit.REP, seed=seed)
        found = estimate(answer(path, question), "randomization", "B")
        assert (found.exact, found.draws) == (False, 20_000)
        return found.p

    assert p_of(1) == p_of(1)
    assert p_of(1) != p_of(2)


def test_thin_data_is_an_answer_of_its_own(tmp_path: Path) -> None:
    one_each = answer(csv_of(tmp_path, "a,0,1", "a,0,0", "b,1,1"), split_reps())
    assert one_each.first.comparisons["1"].result == NotEstimable(Why.TOO_FEW_REPS)
    no_wins = answer(csv_of(tmp_path, "a,0,0", "b,0,0", "c,1,0", "d,1,0"), split_reps())
    assert no_wins.first.comparisons["1"].result == NotEstimable(Why.NO_VARIATION)
    none_of_two = estimate(answer(csv_of(tmp_path, "a,0,0", "b,1,0"), split_leads()), "score")
    assert (none_of_two.effect, none_of_two.p) == (0, 1)


def test_true_and_false_are_1_and_0(tmp_path: Path) -> None:
    lines = ["a,0,true", "a,0,False", "b,0,FALSE", "c,1,True", "d,1,1", "d,1, 0 "]
    path = csv_of(tmp_path, *lines)
    assert [group.average_lead for group in answer(path, split_reps()).first.groups] == [
        1 / 3,
        2 / 3,
    ]
    booleans = csv_of(tmp_path, *[line for line in lines if "e" in line.lower()])
    found = answer(parquet_of(booleans), split_leads(Columns("treat", ("won",))))
    assert [group.average_lead for group in found.first.groups] == [1 / 3, 1]


@pytest.mark.parametrize(
    ("names", "control"), [("AB", "A"), ("xa", "a"), (("Control", "A"), "Control"), ("10", "0")]
)
def test_a_control_is_known_by_its_usual_names(
    names: Sequence[str], control: str, tmp_path: Path
) -> None:
    path = csv_of(tmp_path, f"r,{names[0]},1", f"s,{names[1]},0")
    assert answer(path, split_leads()).first.groups[0].variant == control


def test_amounts_of_leads_split_within_strata_are_compared_within_them(tmp_path: Path) -> None:
    lines = ["n,0,10", "n,0,14", "n,1,20", "n,1,26", "s,0,1.5", "s,0,3", "s,1,1", "s,1,2"]
    question = split_leads(Columns("treat", ("won",), stratum="rep_id"))
    comparison = answer(csv_of(tmp_path, *lines), question).first.comparisons["1"]
    assert comparison.primary == "blocked"
    assert estimate(answer(csv_of(tmp_path, *lines), question), "blocked").effect == pytest.approx(
        ((23 - 12) + (1.5 - 2.25)) / 2
    )
