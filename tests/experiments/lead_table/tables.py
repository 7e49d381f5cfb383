"""Tables of leads as files, and what is asked of them."""

from pathlib import Path

import duckdb
import pytest

from analysis.estimate import Estimate
from analysis.methods import Unit
from experiments.lead_table.analysis import analyse
from experiments.lead_table.answer import Question, TableAnalysis
from experiments.lead_table.columns import Columns
from experiments.lead_table.source import file_table
from experiments.problem import Refused

REFERENCE = Path(__file__).parent.parent.parent / "reference"
REPS = Columns(variant="treat", outcomes=("won",), rep="rep_id")


def split_reps(columns: Columns = REPS, control: str | None = None) -> Question:
    return Question(columns=columns, unit=Unit.REP, control=control)


def split_leads(columns: Columns = REPS, control: str | None = None) -> Question:
    return Question(columns=columns, unit=Unit.LEAD, control=control)


def answer(path: Path, question: Question) -> TableAnalysis:
    with file_table(path) as leads:
        return analyse(leads, question)


def estimate(found: TableAnalysis, method: str, treatment: str = "1") -> Estimate:
    result = found.first.comparisons[treatment].estimates[method]
    assert isinstance(result, Estimate)
    return result


def csv_of(folder: Path, *lines: str) -> Path:
    path = folder / "leads.csv"
    path.write_text("\n".join(["rep_id,treat,won", *lines]) + "\n", encoding="utf-8")
    return path


def parquet_of(csv: Path, types: str = "") -> Path:
    path = csv.with_suffix(".parquet")
    with duckdb.connect() as connection:
        connection.execute(
            f"COPY (SELECT * FROM read_csv('{csv}'{types})) TO '{path}' (FORMAT parquet)"
        )
    return path


def refusal(path: Path, question: Question) -> str:
    with pytest.raises(Refused) as caught:
        answer(path, question)
    return str(caught.value)
