"""Connections to CRMs and other programs: who may tell us, by which proof, and what we tell them.

Secrets come from the environment where it names one, and else rest in the database; no page
shows one a second time, and no log holds one.
"""

from __future__ import annotations

import base64
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from experiments import audit
from experiments.crm.adapters import Kind
from experiments.crm.push import Credentials
from experiments.crm.signatures import STANDARD_PREFIX
from experiments.events import SITE
from experiments.problem import NotFound, Problem, Refused, problem, refuse_if
from experiments.process import Process, process
from experiments.store.columns import Entity, Word
from experiments.users import User

LONGEST_NAME = 60
# The account of Pipedrive's Basic: the password alone is secret.
BASIC_USER = "stagelift"
API_URLS = {Kind.HUBSPOT: "https://api.hubapi.com"}
_ORGANIZATION = re.compile(r"00D[A-Za-z0-9]{12}(?:[A-Za-z0-9]{3})?")


class Connection(Entity):
    """A program that tells of leads, and is told; its name is that of its source.

    `key` is the part of its address that cannot be guessed.
    """

    __tablename__ = "connections"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[Kind] = mapped_column(Word(Kind))
    name: Mapped[str] = mapped_column(String(120), unique=True)
    key: Mapped[str] = mapped_column(String(64))
    secret: Mapped[str] = mapped_column(Text, default="")
    organization: Mapped[str] = mapped_column(String(18), default="")
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    # What we tell it: where, as whom, and what.
    api_url: Mapped[str] = mapped_column(String(300), default="")
    token: Mapped[str] = mapped_column(Text, default="")
    variant_field: Mapped[str] = mapped_column(String(120), default="")
    writes_tasks: Mapped[bool] = mapped_column(default=False)
    pipelines: Mapped[list[Pipeline]] = relationship(
        order_by="Pipeline.word", cascade="all, delete-orphan"
    )

    @property
    def writes(self) -> bool:
        """Whether it is told anything."""
        return self.closed_at is None and bool(self.variant_field or self.writes_tasks)

    @property
    def path(self) -> str:
        """Its address on this site."""
        return f"/webhooks/{self.id}/{self.key}"


class Pipeline(Entity):
    """A program's word for a pipeline, and the process that its new leads follow.

    Without a process they follow what the tests and teams of their reps say, as always.
    """

    __tablename__ = "connection_pipelines"
    __table_args__ = (UniqueConstraint("connection_id", "word"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("connections.id"))
    word: Mapped[str] = mapped_column(String(200))
    process_id: Mapped[int | None] = mapped_column(ForeignKey("processes.id"))
    process: Mapped[Process | None] = relationship()


@dataclass(frozen=True, slots=True)
class Telling:
    """What a connection shall be told.

    Args:
        api_url: Where: the CRM's address, or that of a program that takes our webhooks.
        token: As whom; empty keeps the one that is there.
        variant_field: The CRM's field for the variant; for a program that takes webhooks any
            word, empty for nothing.
    """

    api_url: str = ""
    token: str = ""
    variant_field: str = ""
    writes_tasks: bool = False


def create(
    session: Session,
    kind: str,
    name: str,
    *,
    secret: str = "",
    organization: str = "",
    by: User | None,
    now: datetime,
) -> tuple[Connection, str]:
    """Make a connection.

    Returns:
        It, and the secret to show once: the one that was made here; empty where the CRM gave it.
    Raises:
        Refused: naming each wrong field.
    """
    known = {each.value for each in Kind}
    name, secret, organization = name.strip(), secret.strip(), organization.strip()
    problems = [] if kind in known else [problem("kind", "Choose what is connected.")]
    refuse_if([*problems, *_name_problems(session, name)])
    refuse_if(_credential_problems(Kind(kind), organization))
    made = Connection(kind=Kind(kind), name=name, key=secrets.token_urlsafe(24), created_at=now)
    made.secret, made.organization = secret, organization
    made.api_url = API_URLS.get(made.kind, "")
    shown = "" if secret else _make_secret(made)
    session.add(made)
    session.flush()
    audit.record(session, "connected", subject(made), by=by, now=now, detail=made.kind)
    return made, shown


def renew_secret(
    session: Session, found: Connection, secret: str, *, by: User | None, now: datetime
) -> str:
    """Give a connection another secret; returns the one to show once, as `create`."""
    found.secret = secret.strip()
    shown = "" if found.secret else _make_secret(found)
    audit.record(session, "changed the secret", subject(found), by=by, now=now)
    return shown


def close(session: Session, found: Connection, *, by: User | None, now: datetime) -> None:
    """Hear it no more, and tell it nothing more; what it said stays."""
    found.closed_at = now
    audit.record(session, "closed", subject(found), by=by, now=now)


def reopen(session: Session, found: Connection, *, by: User | None, now: datetime) -> None:
    """Hear it again."""
    found.closed_at = None
    audit.record(session, "reopened", subject(found), by=by, now=now)


def set_pipeline(session: Session, found: Connection, word: str, process_key: str) -> None:
    """Say which process the new leads of a pipeline follow; none for an empty key.

    Raises:
        Refused: for a word that is empty or a process that there is not.
    """
    word = word.strip()
    if not 0 < len(word) <= 200:
        raise Refused(problem("word", "Give the CRM's word for the pipeline."))
    try:
        follows = process(session, process_key) if process_key else None
    except NotFound:
        text = "There is no process {word}."
        raise Refused(problem("process", text, word=process_key)) from None
    held = next((each for each in found.pipelines if each.word == word), None)
    if held is None:
        held = Pipeline(word=word)
        found.pipelines.append(held)
    held.process = follows
    session.flush()


def drop_pipeline(session: Session, found: Connection, pipeline_id: int) -> None:
    """Forget what was said of a pipeline."""
    found.pipelines = [each for each in found.pipelines if each.id != pipeline_id]
    session.flush()


def set_telling(
    session: Session, found: Connection, telling: Telling, *, by: User | None, now: datetime
) -> None:
    """Say what a connection shall be told. Raises Refused for what is no address."""
    url = telling.api_url.strip().rstrip("/")
    wanted = bool(telling.variant_field.strip() or telling.writes_tasks)
    parts = urlsplit(url)
    if (url or wanted) and (parts.scheme not in ("https", "http") or not parts.hostname):
        raise Refused(problem("api_url", "Give the address with https://."))
    found.api_url, found.writes_tasks = url, telling.writes_tasks
    found.variant_field = telling.variant_field.strip()[:120]
    if telling.token.strip():
        found.token = telling.token.strip()
    session.flush()
    audit.record(session, "changed what is told", subject(found), by=by, now=now)


def connections(session: Session) -> list[Connection]:
    """Every connection, by name."""
    return list(session.scalars(select(Connection).order_by(Connection.name)))


def connection(session: Session, connection_id: int) -> Connection:
    """The connection with that id. Raises NotFound."""
    found = session.get(Connection, connection_id)
    if found is None:
        raise NotFound("connection", connection_id)
    return found


def subject(found: Connection) -> str:
    """Under which subject acts upon a connection are written down."""
    return f"connection:{found.id}"


def secret_name(found: Connection) -> str:
    """The variable of the environment whose value is the secret, where it is set."""
    return "STAGELIFT_SECRET_" + _variable(found.name)


def token_name(found: Connection) -> str:
    """The variable of the environment whose value is the token for the CRM's API."""
    return "STAGELIFT_TOKEN_" + _variable(found.name)


def credentials_of(found: Connection, environ: Mapping[str, str]) -> Credentials:
    """What the sender must know."""
    return Credentials(environ.get(secret_name(found)) or found.secret, found.organization)


def token_of(found: Connection, environ: Mapping[str, str]) -> str:
    """The token for the CRM's API; empty where there is none."""
    return environ.get(token_name(found)) or found.token


def _variable(name: str) -> str:
    return re.sub(r"[^A-Z0-9]+", "_", name.upper()).strip("_")


def _make_secret(made: Connection) -> str:
    """Make and keep a secret of the connection's kind; HubSpot gives its own."""
    if made.kind is Kind.STANDARD:
        made.secret = STANDARD_PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()
    elif made.kind is Kind.PIPEDRIVE:
        made.secret = f"{BASIC_USER}:{secrets.token_urlsafe(24)}"
    return made.secret


def _name_problems(session: Session, name: str) -> list[Problem]:
    if not 0 < len(name) <= LONGEST_NAME or not _variable(name):
        return [problem("name", "Give it a name of at most {most} letters.", most=LONGEST_NAME)]
    if name == SITE:
        return [problem("name", "{name} is the site's own: give it another.", name=name)]
    taken = [each.name for each in connections(session) if _variable(each.name) == _variable(name)]
    return [problem("name", "There is a connection {name} already.", name=n) for n in taken[:1]]


def _credential_problems(kind: Kind, organization: str) -> list[Problem]:
    if kind is Kind.SALESFORCE and not _ORGANIZATION.fullmatch(organization):
        text = "Give the id of the organisation: 00D and 12 or 15 more letters and digits."
        return [problem("organization", text)]
    return []
