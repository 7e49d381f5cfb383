"""A server that stands in for a CRM's API, on this machine: it answers what it is told to."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Asked:
    """A request that came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Answer:
    """What to answer; `after` seconds."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    after: float = 0.0


@dataclass
class StandIn:
    """The server: what came, and what it answers next; 200 when nothing else was said.

    `by_path` answers requests whose path begins so, whatever else was said.
    """

    url: str
    asked: list[Asked] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    by_path: dict[str, Answer] = field(default_factory=dict)

    def next_answer(self, path: str) -> Answer:
        for begin, answer in self.by_path.items():
            if path.startswith(begin):
                return answer
        return self.answers.pop(0) if self.answers else Answer()


@contextmanager
def standing_in() -> Iterator[StandIn]:
    """A server on a free port, until the end."""

    class Handler(BaseHTTPRequestHandler):
        def _take(self) -> None:
            length = int(self.headers.get("content-length", 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(self.command, self.path, headers, self.rfile.read(length))
            made.asked.append(asked)
            answer = made.next_answer(self.path)
            time.sleep(answer.after)
            body = b"" if answer.body is None else json.dumps(answer.body).encode()
            try:
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            except OSError:
                return  # who asked has gone

        do_GET = do_POST = do_PATCH = do_PUT = _take  # noqa: N815 - the library's names

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    made = StandIn(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
