"""`stagelift analyse` on files as they should not be: an answer, or one clear line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from web.cli import main

HEADER = [
    *("rep", "v", "won", "value", "team", "pair", "period", "size", "did", "look", "days", "event")
]
GOOD = [
    [
        *(f"r{at}", "AB"[at % 2], str((at + n) % 2), str(37 * (at + n) % 11 * 10)),
        *("ns"[at // 4], str(at // 2), "1", str(at * 3 % 5), str(int(n < at % 4))),
        *(str(1 + n // 3), str(n * 7 % 9), str((at + n) % 3)),
    ]
    for at in range(8)
    for n in range(5)
]
# The same reps in the other variant, in a second period.
CROSSED = GOOD + [
    ["r" + row[0][1], "BA"["AB".index(row[1])], *row[2:6], "2", *row[7:]] for row in GOOD
]

REPS = ("--rep", "rep", "--variant", "v", "--outcome", "won")
QUESTIONS = (
    REPS,
    (*REPS, "--outcome", "value", "--segment", "team", "--reps", "--per", "size"),
    (*REPS, "--stratum", "team", "--covariate", "size"),
    (*REPS, "--pair", "pair", "--followed", "did"),
    (*REPS, "--look", "look", "--looks", "0.5,1"),
    (*REPS, "--unit", "lead", "--stratum", "team"),
    ("--variant", "v", "--outcome", "value", "--covariate", "size"),
    ("--variant", "v", "--outcome", "won", "--outcome", "did", "--segment", "team"),
    ("--variant", "v", "--outcome", "value", "--cap", "50"),
    ("--rep", "rep", "--variant", "v", "--time", "days", "--event", "event", "--horizon", "6"),
    ("--variant", "v", "--time", "days", "--event", "event", "--horizon", "6"),
)
CROSSOVER = (*REPS, "--outcome", "value", "--period", "period")
CELLS = (
    *("", " ", "nan", "-inf", "1e308", "-1e149", "1e-320", "-1", "0", "1", "2", "0.5", "yes"),
    *("NULL", "true", "A", "C", '"', "'", "r0", "1,5", "€", "\x00", "9" * 400, "=1+1", "\u200f1"),
)

# What is done to a file: how, in which row, in which column, with which text.
Change = tuple[str, int, int, str]


def changes() -> st.SearchStrategy[Change]:
    kinds = st.sampled_from(
        ["cell", "row away", "row twice", "column away", "name", "cut", "cells"]
    )
    return st.tuples(kinds, st.integers(0, 99), st.integers(0, 11), st.sampled_from(CELLS))


def changed(rows: list[list[str]], change: Change) -> list[list[str]]:
    kind, at, column, text = change
    rows = [list(row) for row in rows]
    at %= len(rows)
    column %= max(len(rows[at]), 1)
    if kind == "cell" and rows[at]:
        rows[at][column] = text
    elif kind == "cells":
        rows = [rows[0], *([*row[:column], text, *row[column + 1 :]] for row in rows[1:])]
    elif kind == "row away" and len(rows) > 1:
        del rows[at]
    elif kind == "row twice":
        rows.append(rows[at])
    elif kind == "column away":
        rows = [row[:column] + row[column + 1 :] for row in rows]
    elif kind == "name" and rows[0]:
        rows[0][column % len(rows[0])] = text
    elif kind == "cut":
        rows = rows[: at + 1]
    return rows


def refuse_constant(said: str) -> None:
    raise ValueError(f"{said} is no JSON")


def check(path: Path, question: tuple[str, ...]) -> int:
    done = CliRunner().invoke(main, ["analyse", str(path), *question, "--json"])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    assert done.exit_code in (0, 2)
    if done.exit_code == 2:
        assert (done.stdout, len(done.stderr.splitlines())) == ("", 1), done.stderr
        assert done.stderr.startswith("Error: ")
    else:
        assert done.stderr == ""
        json.loads(done.stdout, parse_constant=refuse_constant)
    return done.exit_code


def test_a_cell_of_many_lines_is_quoted_in_one(tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    for cell in ("one\ntwo", "long " * 3000):
        path.write_text(f'rep,v,won\na,A,1\nb,B,"{cell}"\n', encoding="utf-8")
        assert check(path, REPS) == 2


@pytest.mark.parametrize("question", [*QUESTIONS, CROSSOVER], ids=" ".join)
def test_the_good_file_is_answered(question: tuple[str, ...], tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    rows = CROSSED if question is CROSSOVER else GOOD
    path.write_text("\n".join(map(",".join, [HEADER, *rows])), encoding="utf-8")
    assert check(path, question) == 0


@settings(
    max_examples=80,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    question=st.sampled_from([*QUESTIONS, CROSSOVER]),
    mangled=st.lists(changes(), max_size=3),
    tail=st.sampled_from([b"", b"", b"", b"\xff\xfe", b'"', b"\n\n", b"a,b\n", b"\r\nr0,A\r\n"]),
)
def test_a_mangled_file_is_answered_or_refused_in_one_line(
    question: tuple[str, ...],
    mangled: list[Change],
    tail: bytes,
    tmp_path: Path,
) -> None:
    rows = [HEADER, *(CROSSED if question is CROSSOVER else GOOD)]
    for change in mangled:
        rows = changed(rows, change)
    path = tmp_path / "leads.csv"
    path.write_bytes("\n".join(map(",".join, rows)).encode() + tail)
    check(path, question)
