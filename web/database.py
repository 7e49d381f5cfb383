"""The database as requests use it: readers see one snapshot, writers take turns."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, contextmanager, nullcontext

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from experiments.store.engine import make_sessions, write


class Database:
    """Opens a session for each request."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._sqlite = engine.dialect.name == "sqlite"
        # SQLite's read transactions see one snapshot by nature.
        snapshot = (
            engine if self._sqlite else engine.execution_options(isolation_level="REPEATABLE READ")
        )
        self._readers = make_sessions(snapshot)
        self._writers = make_sessions(engine)
        self._turn = asyncio.Lock()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that sees one snapshot; nothing that it writes is kept."""
        with self._readers() as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session that is committed at the end, and rolled back if anything raises."""
        with self._writers() as session:
            write(session)
            yield session
            session.commit()

    def turn(self) -> AbstractAsyncContextManager[None]:
        """The turn to write. SQLite has one writer at a time, so requests wait here for it.

        Waiting in the event loop holds no thread: forty writers that blocked a thread each
        would leave none to the one that has the lock.
        """
        return self._turn if self._sqlite else nullcontext()
