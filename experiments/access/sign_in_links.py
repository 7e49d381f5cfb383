"""Links with which a person sets a password: an invitation, or after having forgotten it.

A link works once, ends after two days, and a new one ends those before. It is given by hand:
who may make one can see it, and only then.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, String, delete
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from experiments import audit
from experiments.access.accounts import set_password
from experiments.problem import Refused, problem
from experiments.store.columns import Entity
from experiments.users import User, digest

LINK_LIFE = timedelta(days=2)


class SignInLink(Entity):
    """A link that was given out. Only its token's hash is stored."""

    __tablename__ = "sign_in_links"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    user: Mapped[User] = relationship(lazy="joined")


def make_link(session: Session, user: User, *, by: User | None, now: datetime) -> str:
    """Make a link for a person, ending those before; returns its token."""
    session.execute(delete(SignInLink).where(SignInLink.user_id == user.id))
    token = secrets.token_urlsafe(32)
    made = SignInLink(token_hash=digest(token), user=user, created_at=now)
    made.expires_at = now + LINK_LIFE
    session.add(made)
    audit.record(session, "make sign-in link", f"account {user.email}", by=by, now=now)
    return token


def user_of_link(session: Session, token: str, *, now: datetime) -> User:
    """Whose link this is.

    Raises:
        Refused: where it has been used, has ended, or was never one; all told alike.
    """
    found = session.get(SignInLink, digest(token))
    if found is None or found.expires_at <= now or found.user.disabled_at:
        text = "This link has been used, or has ended. Ask for a new one."
        raise Refused(problem("", text))
    return found.user


def use_link(session: Session, token: str, password: str, *, now: datetime) -> User:
    """Set the password of the link's person; the link ends, and so does every session.

    Raises:
        Refused: as `user_of_link`, or for a password that is too short or too long.
    """
    user = user_of_link(session, token, now=now)
    set_password(session, user, password)
    session.execute(delete(SignInLink).where(SignInLink.user_id == user.id))
    audit.record(session, "set password by link", f"account {user.email}", by=user, now=now)
    return user
