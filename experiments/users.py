"""Who may sign in, as what, and by which tokens."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache

from pwdlib import PasswordHash
from sqlalchemy import ForeignKey, String, delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from experiments.problem import NotFound, Problem, Refused, problem, refuse_if
from experiments.store.columns import Entity, Word

SESSION_LIFE = timedelta(days=14)
SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 200


class Role(StrEnum):
    """What a person may do; docs/roles.md holds the table."""

    ADMIN = "admin"
    MANAGER = "manager"
    ANALYST = "analyst"
    REP = "rep"
    VIEWER = "viewer"


class Calendar(StrEnum):
    """By which calendar a person is told days."""

    GREGORIAN = "gregorian"
    JALALI = "jalali"  # the Solar Hijri calendar of Iran and Afghanistan


class Scope(StrEnum):
    """What a token opens of all that its user may do."""

    ALL = "all"
    READ = "read"
    TELL = "tell"  # leads, events, and which variant a unit is in: what a CRM needs


class User(Entity):
    """A person with an account."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    role: Mapped[Role] = mapped_column(Word(Role))
    password_hash: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]
    # A code such as `fa`; empty for the browser's own.
    language: Mapped[str] = mapped_column(String(12), default="")
    calendar: Mapped[Calendar] = mapped_column(Word(Calendar), default=Calendar.GREGORIAN)


class UserSession(Entity):
    """A signed-in browser. Only the hash of its cookie is stored."""

    __tablename__ = "user_sessions"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    csrf: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    user: Mapped[User] = relationship(lazy="joined")


class ApiToken(Entity):
    """A program's key, acting as its user. Only its hash is stored."""

    __tablename__ = "api_tokens"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    name: Mapped[str] = mapped_column(String(120))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    scope: Mapped[Scope] = mapped_column(Word(Scope), default=Scope.ALL)
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    user: Mapped[User] = relationship(lazy="joined")


def add_user(
    session: Session, *, email: str, name: str, role: Role, password: str, now: datetime
) -> User:
    """Add a person. Raises Refused naming each wrong field."""
    email = email.strip().lower()
    refuse_if(_problems(session, email, name, password))
    user = User(email=email, name=name.strip(), role=role, created_at=now)
    user.password_hash = hash_of_password(password)
    session.add(user)
    session.flush()
    return user


def any_user(session: Session) -> bool:
    """Whether the first run is over."""
    return session.scalar(select(func.count()).select_from(User)) != 0


def users(session: Session) -> list[User]:
    """Everyone with an account, by name."""
    return list(session.scalars(select(User).order_by(User.name)))


def user_by_email(session: Session, email: str) -> User:
    """The person with that address. Raises NotFound."""
    user = session.scalar(select(User).where(User.email == email.strip().lower()))
    if user is None:
        raise NotFound("user", email)
    return user


def person_with(session: Session, *, email: str, password: str) -> User:
    """The person with this address and password.

    Raises Refused without saying which of the two was wrong.
    """
    user = session.scalar(select(User).where(User.email == email.strip().lower()))
    # An unknown address costs the same time as a known one.
    stored = user.password_hash if user else _decoy_hash()
    right = _hasher().verify(password[:LONGEST_PASSWORD], stored)
    if user is None or user.disabled_at or not right:
        raise Refused(problem("email", "No account has this e-mail address and password."))
    return user


def open_session(session: Session, user: User, *, now: datetime) -> str:
    """Open a browser session; returns the token for its cookie."""
    token = secrets.token_urlsafe(32)
    opened = UserSession(token_hash=digest(token), user=user, csrf=secrets.token_urlsafe(32))
    opened.created_at, opened.expires_at = now, now + SESSION_LIFE
    session.add(opened)
    session.execute(delete(UserSession).where(UserSession.expires_at < now))
    session.flush()
    return token


def session_for(session: Session, token: str, *, now: datetime) -> UserSession | None:
    """The open session of a cookie's token, if it has not expired."""
    found = session.get(UserSession, digest(token))
    if found is None or found.expires_at <= now or found.user.disabled_at:
        return None
    return found


def sign_out(session: Session, token: str) -> None:
    """Close a session; an unknown one is not an error."""
    session.execute(delete(UserSession).where(UserSession.token_hash == digest(token)))


def create_token(
    session: Session, user: User, *, name: str, now: datetime, scope: Scope = Scope.ALL
) -> str:
    """Make an API token that acts as this user within a scope; it can be read only now."""
    token = "sl_" + secrets.token_urlsafe(32)
    row = ApiToken(user=user, name=name, token_hash=digest(token), created_at=now, scope=scope)
    session.add(row)
    session.flush()
    return token


def user_of_token(session: Session, token: str) -> User | None:
    """Whose token this is, if it has not been revoked."""
    found = standing_token(session, token)
    return found.user if found else None


def standing_token(session: Session, token: str) -> ApiToken | None:
    """The token, if it has not been revoked and its user's account is open."""
    wanted = select(ApiToken).where(
        ApiToken.token_hash == digest(token), ApiToken.revoked_at.is_(None)
    )
    found = session.scalar(wanted)
    return found if found and not found.user.disabled_at else None


def password_problems(password: str) -> list[Problem]:
    """What is wrong with a password that somebody chose."""
    if SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        return []
    text = "A password has {least} to {most} characters."
    return [problem("password", text, least=SHORTEST_PASSWORD, most=LONGEST_PASSWORD)]


def hash_of_password(password: str) -> str:
    """How a password rests."""
    return _hasher().hash(password)


def is_password_of(user: User, password: str) -> bool:
    """Whether this is the person's password."""
    return _hasher().verify(password[:LONGEST_PASSWORD], user.password_hash)


def digest(token: str) -> str:
    """The hash by which a token rests. Tokens are long and random, so one round will do."""
    return hashlib.sha256(token.encode()).hexdigest()


def _problems(session: Session, email: str, name: str, password: str) -> list[Problem]:
    problems = []
    local, _, domain = email.partition("@")
    if not local or "." not in domain or " " in email or len(email) > 254:
        problems.append(problem("email", "{email} is not an e-mail address.", email=email))
    elif session.scalar(select(User).where(User.email == email)):
        problems.append(problem("email", "{email} has an account already.", email=email))
    if not name.strip():
        problems.append(problem("name", "Give a name."))
    return problems + password_problems(password)


@cache
def _hasher() -> PasswordHash:
    return PasswordHash.recommended()


@cache
def _decoy_hash() -> str:
    return _hasher().hash(secrets.token_urlsafe(16))
