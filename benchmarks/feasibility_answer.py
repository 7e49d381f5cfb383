"""The page's answer while somebody types: figures in, weeks and power of every way out, as HTML.

python -m benchmarks.feasibility_answer
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import statistics
import tempfile
import time

from fastapi.testclient import TestClient

from experiments.feasibility.at_once import USUAL
from experiments.users import Role, User
from web.app import create_app
from web.security import signed_in
from web.settings import Settings

ASKED, LIMIT_MS = 50, 300


def main() -> None:
    """Ask with other figures each time, and print the median and the slowest."""
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(Settings(database_url=f"sqlite:///{folder}/empty.sqlite"))
        app.dependency_overrides[signed_in] = lambda: User(role=Role.MANAGER)
        browser = TestClient(app)
        _asked(browser, 1)
        took = [1000 * _asked(browser, each) for each in range(1, ASKED + 1)]
    print(f"{ASKED} answers in turn, median   {statistics.median(took):8.1f} ms")
    print(f"the slowest               {max(took):8.1f} ms (limit {LIMIT_MS})")


def _asked(browser: TestClient, number: int) -> float:
    figures = USUAL.model_copy(update={"reps": 10 + number, "effect": 2 + number, "cv": 0.67})
    started = time.perf_counter()
    answer = browser.get("/feasibility/answer", params=figures.model_dump(mode="json"))
    assert answer.status_code == 200, answer.text
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
