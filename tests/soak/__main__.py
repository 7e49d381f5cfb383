"""`make soak`: the site killed fifty times on each database, under load."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.conftest import start_postgresql
from tests.soak.killing import kill_again_and_again
from tests.soak.test_killing import own_database


def main() -> int:
    """Run it and say what came of it; exit code 1 where something was lost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="stagelift-", ignore_cleanup_errors=True) as folder:
        server = start_postgresql(Path(folder) / "data")
        try:
            urls = {
                "SQLite": f"sqlite:///{Path(folder) / 'soak.sqlite'}",
                "PostgreSQL": own_database(server.get_uri(), "soak"),
            }
            outcomes = {
                name: kill_again_and_again(url, kills=asked.kills, seed=asked.seed)
                for name, url in urls.items()
            }
        finally:
            server.cleanup()
    for name, outcome in outcomes.items():
        print(name, outcome)
    return 0 if all(outcome.holds for outcome in outcomes.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
