"""One event, one webhook, one assignment a request, over sixteen connections to the real server.

    python -m benchmarks.single_requests [--seconds 4] [--database sqlite|postgresql]

`stagelift serve` runs in a process of its own, the connections are threads here that ask again
as soon as they are answered; `GET /health` beside them is what the server does for nothing.
The worker that reads webhooks after they are stored runs in the server on SQLite, as it does
by itself.
"""

from __future__ import annotations

import argparse
import http.client
import itertools
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

CONNECTIONS = 16
KNOWN_LEADS = 40  # the rehearsal's own, one a rep

# Method, path, body and headers of the request of that number.
Ask = Callable[[int], tuple[str, str, bytes, dict[str, str]]]


@contextmanager
def store(kind: str, folder: Path) -> Iterator[tuple[str, str]]:
    """A store with a launched test and a program that tells; a token, and its webhook's path."""
    from benchmarks.ingest_events import prepare
    from experiments.exchange import connections
    from experiments.store.engine import make_engine
    from experiments.store.migration import upgrade
    from experiments.users import Role, add_user, create_token
    from tests.conftest import start_postgresql
    from tests.experiments.crm.pushes import STANDARD_SECRET
    from web.commands import open_store

    server = start_postgresql(folder / "postgresql") if kind == "postgresql" else None
    url = server.get_uri() if server else f"sqlite:///{folder / 'single.sqlite'}"
    os.environ["STAGELIFT_DATABASE_URL"] = url
    try:
        upgrade(make_engine(url))
        prepare(folder)
        now = datetime.now(UTC)
        with open_store() as session:
            person = {"email": "b@kestrel.example", "name": "B", "password": "a long secret"}
            user = add_user(session, role=Role.ADMIN, now=now, **person)
            token = create_token(session, user, name="benchmark", now=now)
            made, _ = connections.create(
                session, "standard", "program", secret=STANDARD_SECRET, by=None, now=now
            )
            path = made.path
        yield token, path
    finally:
        if server:
            server.cleanup()


@contextmanager
def serving() -> Iterator[tuple[str, int]]:
    """The address of a server that runs until the block ends, and its process."""
    command = [sys.executable, "-c", "from web.cli import main; main()"]
    command += ["serve", "--port", "0", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = json.loads("".join(process.stdout.readline() for _ in range(3)))
        try:
            yield urlsplit(told["url"]).netloc, process.pid
        finally:
            process.send_signal(signal.SIGINT)


def processor_seconds(pid: int) -> float:
    """What a process has used of the processor so far (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def asks(token: str, path: str) -> dict[str, Ask]:
    """What is asked, by its name."""
    from tests.experiments.crm.pushes import standard_signed

    bearer = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    happened = (datetime.now(UTC) - timedelta(days=1)).isoformat()

    def event(number: int) -> dict[str, str]:
        lead = f"S{number % KNOWN_LEADS:02}"
        return {
            "source_id": f"e{number}",
            "lead_id": lead,
            "stage": "Contacted",
            "occurred_at": happened,
        }

    def posted(number: int) -> tuple[str, str, bytes, dict[str, str]]:
        body = json.dumps({"events": [event(number)]}).encode()
        return "POST", "/api/v1/events", body, bearer

    def pushed(number: int) -> tuple[str, str, bytes, dict[str, str]]:
        body = json.dumps({"events": [event(number)]}).encode()
        headers = standard_signed(body, datetime.now(UTC), message_id=f"m{number}")
        return "POST", path, body, headers

    def assigned(number: int) -> tuple[str, str, bytes, dict[str, str]]:
        body = json.dumps({"unit_id": f"Rep {number % KNOWN_LEADS:02}"}).encode()
        return "POST", "/api/v1/experiments/benchmark/assignments", body, bearer

    def nothing(_number: int) -> tuple[str, str, bytes, dict[str, str]]:
        return "GET", "/health", b"", {}

    return {"nothing": nothing, "event": posted, "webhook": pushed, "assignment": assigned}


def hammered(address: str, ask: Ask, numbers: Iterator[int], seconds: float) -> list[float]:
    """The milliseconds of every answer over so many seconds; stops at the first refusal."""
    taken: list[list[float]] = [[] for _ in range(CONNECTIONS)]
    wrong: list[str] = []
    end = time.perf_counter() + seconds

    def work(mine: list[float]) -> None:
        link = http.client.HTTPConnection(address, timeout=30)
        while time.perf_counter() < end and not wrong:
            method, path, body, headers = ask(next(numbers))
            began = time.perf_counter()
            link.request(method, path, body, headers)
            answer = link.getresponse()
            said = answer.read()
            mine.append((time.perf_counter() - began) * 1000)
            if answer.status != 200:
                wrong.append(f"{answer.status} {said[:300]!r}")

    threads = [threading.Thread(target=work, args=(mine,)) for mine in taken]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    if wrong:
        raise SystemExit(f"not taken: {wrong[0]}")
    return sorted(itertools.chain.from_iterable(taken))


def measure(kind: str, seconds: float) -> None:
    """Ask each, and print its rate and how long answers took."""
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name,
        store(kind, Path(name)) as (token, path),
        serving() as (address, pid),
    ):
        numbers = itertools.count()
        for what, ask in asks(token, path).items():
            hammered(address, ask, numbers, 1)
            used = processor_seconds(pid)
            taken = hammered(address, ask, numbers, seconds)
            used = processor_seconds(pid) - used
            middle, late = statistics.median(taken), taken[int(len(taken) * 0.99)]
            print(
                f"{kind}: {what}: {len(taken) / seconds:,.0f} a second,"
                f" median {middle:.0f} ms, p99 {late:.0f} ms,"
                f" {used / len(taken) * 1000:.2f} ms of the server's processor each",
                flush=True,
            )


def main() -> None:
    """Read the options and measure."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--database", choices=("sqlite", "postgresql"))
    asked = parser.parse_args()
    for kind in [asked.database] if asked.database else ["sqlite", "postgresql"]:
        measure(kind, asked.seconds)


if __name__ == "__main__":
    main()
