"""A rep's tasks as a calendar that a phone subscribes to, at a secret address."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from experiments.problem import NotFound
from experiments.store.columns import Entity
from experiments.tasks import Task
from experiments.users import User, digest


class CalendarFeed(Entity):
    """The address of a person's calendar. Only its token's hash is stored."""

    __tablename__ = "calendar_feeds"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    user: Mapped[User] = relationship(lazy="joined")


def open_feed(session: Session, user: User, *, now: datetime) -> str:
    """Give a person a calendar, ending the address of before; returns its token."""
    close_feed(session, user)
    token = secrets.token_urlsafe(32)
    session.add(CalendarFeed(user=user, token_hash=digest(token), created_at=now))
    session.flush()
    return token


def close_feed(session: Session, user: User) -> None:
    """End a person's calendar; whoever subscribed gets no more of it."""
    session.execute(delete(CalendarFeed).where(CalendarFeed.user_id == user.id))


def feed_of(session: Session, user: User) -> CalendarFeed | None:
    """The person's calendar, if there is one."""
    return session.get(CalendarFeed, user.id)


def user_of_feed(session: Session, token: str) -> User:
    """Whose calendar this is. Raises NotFound, also for a closed account."""
    wanted = select(CalendarFeed).where(CalendarFeed.token_hash == digest(token))
    found = session.scalar(wanted)
    if found is None or found.user.disabled_at:
        raise NotFound("calendar", "at this address")
    return found.user


def calendar(tasks: Sequence[Task], *, site: str, now: datetime) -> bytes:
    """The tasks as an iCalendar file: each an all-day event on the day it is due.

    Args:
        site: The address of the site, to which each event leads back.
    """
    from icalendar import Calendar, Event

    found = Calendar()
    found.add("prodid", "-//Stagelift//Tasks//EN")
    found.add("version", "2.0")
    found.add("method", "PUBLISH")
    found.add("x-wr-calname", "Stagelift")
    for task in tasks:
        event = Event()
        event.add("uid", f"{task.uid}@stagelift")
        event.add("dtstamp", now)
        event.add("dtstart", task.due_on)
        event.add("dtend", task.due_on + timedelta(days=1))
        event.add("summary", f"{task.action.name}: {task.lead.title}")
        event.add("description", task.action.instructions)
        event.add("url", f"{site.rstrip('/')}/leads/{task.lead.external_id}")
        event.add("transp", "TRANSPARENT")
        found.add_component(event)
    text: bytes = found.to_ical()
    return text
