"""`python -m benchmarks` lists the benchmarks; with names, or `all`, it runs them.

Each runs in a process of its own, so that its peak memory is its own.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def names() -> list[str]:
    """Every benchmark there is."""
    return sorted(each.stem for each in HERE.glob("*.py") if not each.stem.startswith("_"))


def purpose(name: str) -> str:
    """The first line of a benchmark's docstring."""
    text = (HERE / f"{name}.py").read_text(encoding="utf-8")
    return text.split('"""')[1].strip().splitlines()[0]


def main(wanted: list[str]) -> int:
    """List the benchmarks, or run those that are wanted."""
    known = names()
    unknown = [each for each in wanted if each not in (*known, "all")]
    if unknown:
        print(f"There is no benchmark {', '.join(unknown)}.", file=sys.stderr)
        return 2
    if not wanted:
        for name in known:
            print(f"{name:24}{purpose(name)}")
        return 0
    chosen = known if "all" in wanted else wanted
    done = [subprocess.run([sys.executable, "-m", f"benchmarks.{each}"]) for each in chosen]
    return max(each.returncode for each in done)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
