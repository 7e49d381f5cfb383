"""The company whose processes are tested: its name, time zone and currency."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo, available_timezones

from babel.numbers import list_currencies
from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from experiments.problem import NotFound, Problem, problem, refuse_if
from experiments.store.columns import Entity


class Company(Entity):
    """The one company of this installation."""

    __tablename__ = "company"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    time_zone: Mapped[str] = mapped_column(String(60))
    currency: Mapped[str] = mapped_column(String(3))
    created_at: Mapped[datetime]
    # Whether a plan needs somebody else's approval before it is launched.
    second_approval: Mapped[bool] = mapped_column(default=False)

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which days begin and end."""
        return ZoneInfo(self.time_zone)


def found(session: Session, *, name: str, time_zone: str, currency: str, now: datetime) -> Company:
    """Set up the company, or change it. Raises Refused naming each wrong field."""
    company = session.get(Company, 1) or Company(id=1, created_at=now)
    change(company, name=name, time_zone=time_zone, currency=currency)
    session.add(company)
    session.flush()
    return company


def found_by_default(session: Session, *, now: datetime) -> Company | None:
    """Set up a company to begin with, where there is none; returns it where it is new."""
    if session.get(Company, 1):
        return None
    return found(session, name="My company", time_zone="UTC", currency="USD", now=now)


def change(company: Company, *, name: str, time_zone: str, currency: str) -> None:
    """Set name, zone and currency. Raises Refused naming each wrong field."""
    refuse_if(_problems(name, time_zone, currency))
    company.name, company.time_zone, company.currency = name.strip(), time_zone, currency.upper()


def the_company(session: Session) -> Company:
    """The company. Raises NotFound before the first run."""
    company = session.get(Company, 1)
    if company is None:
        raise NotFound("company", "yet: open the site once, or run `stagelift company set`")
    return company


def take_turn(session: Session) -> None:
    """Let nobody else launch a test or join one until this transaction ends.

    Who is in which test must stay as it was checked. On SQLite writers take turns anyway.
    """
    session.execute(select(Company.id).with_for_update())


def _problems(name: str, time_zone: str, currency: str) -> list[Problem]:
    problems = []
    if not name.strip():
        problems.append(problem("company", "Give the company a name."))
    if time_zone not in available_timezones():
        problems.append(problem("time_zone", "No time zone is called {zone}.", zone=time_zone))
    if currency.upper() not in list_currencies():
        problems.append(problem("currency", "No currency has the code {code}.", code=currency))
    return problems
