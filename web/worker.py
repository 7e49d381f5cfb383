"""The worker: does what is due, again and again, until it is told to stop.

It runs by itself (`stagelift worker`), or in a thread of the site where the database is a
file. A new kind of work is a `Job` in `jobs_of`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime, timedelta
from threading import Event

from fastapi import FastAPI
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from experiments.exchange import inbox_reading, kept_again, outbox_sending
from experiments.jobs import Job, Store
from web.database import Database
from web.site import Site

log = logging.getLogger("stagelift")

# How long it waits when nothing is due, and when the database is away.
PAUSE_SECONDS = 1.0
TROUBLE_SECONDS = 5.0
# It looks at all that waits for a lead; the race that it mends is rare.
KEPT_EVERY = timedelta(seconds=30)


def jobs_of(environ: Mapping[str, str]) -> tuple[Job, ...]:
    """All that a worker does, in this order.

    Args:
        environ: Where the secrets of connections may stand.
    """
    return (
        Job("deliveries", inbox_reading.read_due),
        Job("kept records", kept_again.place_due, every=KEPT_EVERY),
        outbox_sending.sending(environ),
    )


class Worker:
    """Does jobs in turn; one that fails does not keep the others from being done.

    Args:
        clock: Gives the time, aware.
    """

    def __init__(
        self, store: Store, jobs: Sequence[Job], *, clock: Callable[[], datetime]
    ) -> None:
        self._store, self._jobs, self._clock = store, jobs, clock
        self._rests_until: dict[str, datetime] = {}

    def run_out(self, *, most: int = 10_000) -> int:
        """Work until nothing is due, or so many portions are done. Returns how many things."""
        total = 0
        for _ in range(most):
            done = sum(self._do(job) for job in self._jobs)
            if not done:
                break
            total += done
        return total

    def run(self, stop: Event, alarm: Event) -> None:
        """Work until `stop` is set; what is under way ends first. `alarm` ends a pause."""
        while not stop.is_set():
            alarm.clear()
            pause = self._careful_step(stop)
            if pause and not stop.is_set():
                alarm.wait(pause)

    def _do(self, job: Job) -> int:
        """A portion of a job, unless it rests. Returns how many things were done."""
        now = self._clock()
        if now < self._rests_until.get(job.name, now):
            return 0
        done = job.run(self._store, now)
        if not done:
            self._rests_until[job.name] = now + job.every
        return done

    def _careful_step(self, stop: Event) -> float:
        """A portion of each job, whatever fails. Returns how long to pause then."""
        done, trouble = 0, False
        for job in self._jobs:
            if stop.is_set():
                break
            try:
                done += self._do(job)
            except DBAPIError as error:
                trouble = True
                log.error("the worker waits: %s", str(error.orig).strip().splitlines()[0])
            except Exception:
                trouble = True
                log.exception("the job %s failed", job.name)
        if trouble:
            return TROUBLE_SECONDS
        return 0.0 if done else PAUSE_SECONDS


class TurnTaking:
    """The database of a site, used from a thread: it takes its turn as requests do."""

    def __init__(self, database: Database, loop: asyncio.AbstractEventLoop) -> None:
        self._database, self._loop = database, loop

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session whose changes are not kept."""
        with self._database.reading() as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session that is committed at its end, when no request writes."""
        turn = self._database.turn()
        asyncio.run_coroutine_threadsafe(turn.__aenter__(), self._loop).result()
        try:
            with self._database.writing() as session:
                yield session
        finally:
            leave = turn.__aexit__(None, None, None)
            asyncio.run_coroutine_threadsafe(leave, self._loop).result()


@asynccontextmanager
async def working(app: FastAPI) -> AsyncIterator[None]:
    """The life of an app that works: its worker ends what is under way when the app ends."""
    site: Site = app.state.site
    loop = asyncio.get_running_loop()
    store = TurnTaking(site.database, loop)
    stop = Event()
    worker = Worker(store, jobs_of(site.environ), clock=site.clock)
    running = loop.run_in_executor(None, worker.run, stop, site.alarm)
    try:
        yield
    finally:
        stop.set()
        site.alarm.set()
        await running
