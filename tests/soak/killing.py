"""A site that is killed again and again while programs send to it, and what is there afterwards.

Nothing that was acknowledged may be missing, nothing may be there twice, and all that is to
be told must be told.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

import httpx2
from sqlalchemy import Engine, Select, func, select
from sqlalchemy.orm import Session

from experiments import people, process_draft
from experiments.company import found as found_company
from experiments.events import Event
from experiments.exchange import connections, inbox, outbox
from experiments.exchange.connections import Telling
from experiments.leads import Lead
from experiments.store.engine import make_engine
from experiments.store.migration import upgrade
from tests.experiments.crm.pushes import STANDARD_SECRET, standard_signed
from tests.experiments.crm.stand_in import StandIn, standing_in
from web.database import Database
from web.site import utc_now
from web.worker import Worker, jobs_of

SENDERS = 4
# A worker that was killed holds what it had leased for some minutes; the last one comes later.
AFTERWARDS = timedelta(minutes=30)
# Loading the site takes ten times as long as the rest of its start: it is loaded once, in a
# process that does nothing else, and every site that is killed is a fork of that.
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["web.app", "web.commands.serve", "web.worker", "uvicorn"])
PROCESS = {
    "name": "Soak",
    "stages": [
        {"name": "New", "milestone": "lead"},
        {
            "name": "Qualify",
            "milestone": "qualified",
            "actions": [{"name": "Call", "kind": "call", "after_days": 1}],
        },
        {"name": "Won", "kind": "won"},
        {"name": "Lost", "kind": "lost"},
    ],
}


@dataclass(frozen=True)
class Outcome:
    """What is there in the end.

    Args:
        acknowledged: Leads whose delivery the site said it stored.
        missing: Of those, the ones without exactly their two events.
        doubled: Leads of which something is there more than once.
        unread: Deliveries that were not read.
        untold: Leads with no task at the other program; `told_anew` had their task under
            more than one id.
    """

    kills: int
    acknowledged: int
    missing: int
    doubled: int
    unread: int
    untold: int
    told_anew: int

    @property
    def holds(self) -> bool:
        """Whether nothing was lost, and nothing is there twice."""
        bad = self.missing, self.doubled, self.unread, self.untold, self.told_anew
        return self.acknowledged > 0 and not any(bad)


def kill_again_and_again(url: str, *, kills: int, seed: int) -> Outcome:
    """Send from several threads, kill the site so often, finish, and count."""
    engine = make_engine(url)
    try:
        with standing_in() as listener:
            path = _prepare(engine, listener)
            acknowledged = _storm(url, path, kills, random.Random(seed))
            _finish(engine)
            return _count(engine, listener, acknowledged, kills)
    finally:
        engine.dispose()


def _prepare(engine: Engine, listener: StandIn) -> str:
    """A company, a process, a rep, and a program that tells and is told; returns its path."""
    upgrade(engine)
    now = utc_now()
    with Database(engine).writing() as session:
        found_company(session, name="Soak", time_zone="UTC", currency="EUR", now=now)
        process_draft.create(session, process_draft.checked(PROCESS), now=now)
        people.add_rep(session, "Anna", team=None, now=now)
        made, _ = connections.create(
            session, "standard", "program", secret=STANDARD_SECRET, by=None, now=now
        )
        connections.set_telling(
            session, made, Telling(listener.url, writes_tasks=True), by=None, now=now
        )
        return made.path


def _storm(url: str, path: str, kills: int, rng: random.Random) -> set[str]:
    acknowledged: set[str] = set()
    port, stop = [0], threading.Event()
    senders = [
        threading.Thread(target=_send, args=(number, path, port, acknowledged, stop))
        for number in range(SENDERS)
    ]
    for each in senders:
        each.start()
    try:
        for _ in range(kills):
            with _serving(url, port) as process:
                _wait_for_more(acknowledged)
                time.sleep(rng.uniform(0, 0.3))
                process.kill()
        with _serving(url, port) as process:
            _wait_for_more(acknowledged)
            stop.set()
            process.terminate()
    finally:
        stop.set()
        for each in senders:
            each.join()
    return acknowledged


@contextmanager
def _serving(url: str, port: list[int]) -> Iterator[BaseProcess]:
    heard, told = FORKS.Pipe(duplex=False)
    process = FORKS.Process(target=_serve, args=(url, told))
    process.start()
    told.close()
    try:
        with os.fdopen(os.dup(heard.fileno())) as printed:
            said = json.loads("".join(printed.readline() for _ in range(3)))
        port[0] = int(said["url"].rsplit(":", 1)[1])
        yield process
        process.join(60)
    finally:
        process.kill()
        process.join()
        process.close()


def _serve(url: str, told: Connection) -> None:
    """What the command does, in the fork."""
    from web.cli import main

    os.environ["STAGELIFT_DATABASE_URL"] = url
    os.dup2(told.fileno(), 1)
    main(["serve", "--port", "0", "--worker", "--json"])


def _send(
    number: int, path: str, port: list[int], acknowledged: set[str], stop: threading.Event
) -> None:
    """Send deliveries one after the other; one that was not acknowledged is sent again."""
    count = 0
    with httpx2.Client(timeout=10) as client:
        while not stop.is_set():
            count += 1
            lead = f"S{number}-{count}"
            body = _delivery(lead)
            while not stop.is_set():
                if _sent(client, f"http://127.0.0.1:{port[0]}{path}", body, lead):
                    acknowledged.add(lead)
                    break
                time.sleep(0.02)


def _sent(client: httpx2.Client, address: str, body: bytes, lead: str) -> bool:
    headers = standard_signed(body, utc_now(), message_id=f"m-{lead}")
    try:
        return client.post(address, content=body, headers=headers).status_code == 200
    except httpx2.HTTPError:
        return False


def _delivery(lead: str) -> bytes:
    at = (utc_now() - timedelta(seconds=5)).isoformat()
    begun = {"type": "created", "source_id": f"{lead}:1", "owner_id": "Anna"}
    moved = {"source_id": f"{lead}:2", "stage": "Qualify"}
    events = [each | {"lead_id": lead, "occurred_at": at} for each in (begun, moved)]
    return json.dumps({"events": events}).encode()


def _finish(engine: Engine) -> None:
    """Do what was left, as a worker that starts later does."""

    def later() -> datetime:
        return utc_now() + AFTERWARDS

    Worker(Database(engine), jobs_of({}), clock=later).run_out(most=100_000)


def _count(engine: Engine, listener: StandIn, acknowledged: set[str], kills: int) -> Outcome:
    with Session(engine) as session:
        events = Counter(dict(session.execute(_events_by_lead()).all()))
        ids: dict[str, set[str]] = {}
        for asked in listener.asked:
            lead = asked.json["data"]["lead_id"]
            ids.setdefault(lead, set()).add(asked.headers["webhook-id"])
        return Outcome(
            kills=kills,
            acknowledged=len(acknowledged),
            missing=sum(events[lead] != 2 for lead in acknowledged),
            doubled=sum(count > 2 for count in events.values()),
            unread=inbox.state(session).waiting,
            untold=len(events.keys() - ids.keys()) + outbox.state(session).waiting,
            told_anew=sum(len(each) > 1 for each in ids.values()),
        )


def _events_by_lead() -> Select[str, int]:
    counted = select(Lead.external_id, func.count()).join(Event, Event.lead_id == Lead.id)
    return counted.group_by(Lead.external_id)


def _wait_for_more(acknowledged: set[str], *, seconds: float = 120) -> None:
    enough, end = len(acknowledged) + 4, time.monotonic() + seconds
    while len(acknowledged) < enough:
        if time.monotonic() > end:
            raise TimeoutError("the site acknowledges nothing")
        time.sleep(0.01)
