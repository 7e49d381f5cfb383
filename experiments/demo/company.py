"""Who works at the demo's company: teams, reps, and those who sign in."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import resources

from sqlalchemy import select
from sqlalchemy.orm import Session

from experiments import company, people, process, process_draft, users
from experiments.people import Rep
from experiments.process import ProcessVersion
from experiments.users import Role, User

NAME = "Kestrel Analytics"
TIME_ZONE = "Europe/Berlin"
CURRENCY = "EUR"
DOMAIN = "kestrel.example"
# Not a secret: the demo listens on this machine only, and prints it.
PASSWORD = "walk-the-funnel"  # noqa: S105 - printed for every visitor of the demo


@dataclass(frozen=True, slots=True)
class Cast:
    """A team's manager and its reps."""

    team: str
    segment: str
    manager: str
    reps: tuple[str, ...]


TEAMS = (
    Cast(
        "Inbound Berlin",
        "inbound",
        "Katrin Vogel",
        (
            "Amara Okafor",
            "Hanna Lindqvist",
            "Ines Falk",
            "Jonas Weidner",
            "Leila Tahmasebi",
            "Mateo Cárdenas",
            "Mei Zhao",
            "Piotr Zawadzki",
            "Rasmus Holt",
            "Sofia Brandt",
            "Tomasz Wilk",
            "Yusuf Demirtaş",
        ),
    ),
    Cast(
        "Inbound Lyon",
        "inbound",
        "Julien Moreau",
        (
            "Aïcha Diallo",
            "Bilal Haddouche",
            "Camille Berthier",
            "Élise Vasseur",
            "Hugo Marchetti",
            "Kofi Mensah",
            "Lucía Ferrando",
            "Margaux Pelissier",
            "Nadia Benslimane",
            "Rui Tavares",
            "Samira Kazemi",
            "Théo Garnier",
        ),
    ),
    Cast(
        "Outbound",
        "outbound",
        "Aylin Kaya",
        (
            "Dario Bellini",
            "Emre Aksoy",
            "Freya Nygaard",
            "Luka Petrović",
            "Noor Haddad",
            "Omar Faris",
            "Priya Raghavan",
            "Thandiwe Mokoena",
            "Viktor Sandahl",
            "Zofia Maliszewska",
        ),
    ),
    Cast(
        "Expansion",
        "expansion",
        "Farid Rahmani",
        (
            "Chiara Rosetti",
            "Ingrid Solheim",
            "Javier Montalvo",
            "Kwame Asante",
            "Mina Sadeghi",
            "Pavel Dvorský",
        ),
    ),
)

# A rep of a test under way, so that the rep's pages are full.
REP_ACCOUNT = "Noor Haddad"


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who can sign in to the demo."""

    name: str
    role: Role

    @property
    def email(self) -> str:
        """The address to sign in with."""
        return f"{login(self.name)}@{DOMAIN}"


ACCOUNTS = (
    Account("Katrin Vogel", Role.MANAGER),
    Account(REP_ACCOUNT, Role.REP),
    Account("Marta Kowal", Role.ANALYST),
    Account("Daniel Osei", Role.ADMIN),
    Account("Beatriz Lobo", Role.VIEWER),
)

# Which version each segment follows when no test says otherwise.
STANDING = {"inbound": "discovery-first", "outbound": "spin-outreach", "expansion": "expansion@1"}


def login(name: str) -> str:
    """A name as the first part of an address: `Élise Vasseur` → `elise.vasseur`."""
    bare = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return bare.casefold().replace(" ", ".")


def found(session: Session, *, now: datetime) -> None:
    """Found the company: its processes, teams, reps and accounts."""
    company.found(session, name=NAME, time_zone=TIME_ZONE, currency=CURRENCY, now=now)
    for text in process_texts():
        write_process(session, text, now=now)
    for segment, reference in STANDING.items():
        process.adopt(session, segment, process.version_of(session, reference), now=now)
    for cast in TEAMS:
        _hire(session, cast, now=now)
    for account in ACCOUNTS:
        _give_account(session, account, now=now)


def process_texts() -> list[str]:
    """The YAML files of the company's processes, older versions first."""
    folder = resources.files("experiments.demo") / "processes"
    files = sorted(folder.iterdir(), key=lambda each: each.name)
    return [each.read_text("utf-8") for each in files if each.name.endswith(".yaml")]


def write_process(session: Session, text: str, *, now: datetime) -> ProcessVersion:
    """Store a process file: a new process, or the next version of the one with its key."""
    draft = process_draft.read_yaml(text)
    for known in process.processes(session):
        if known.key == draft.key:
            return process_draft.revise(session, known, draft, now=now)
    return process_draft.create(session, draft, now=now)


def open_to_everybody(session: Session) -> list[str]:
    """Addresses of the accounts that still have the demo's password, which is no secret."""
    wanted = select(User).where(User.email.in_([each.email for each in ACCOUNTS]))
    return [
        each.email
        for each in session.scalars(wanted.order_by(User.email))
        if users.is_password_of(each, PASSWORD) and not each.disabled_at
    ]


def manager(session: Session) -> User:
    """The manager who plans the demo's tests."""
    return users.user_by_email(session, ACCOUNTS[0].email)


def reps_of(session: Session, segments: Iterable[str]) -> list[Rep]:
    """The reps of these segments' teams, in the order of their ids."""
    wanted = set(segments)
    found = [rep for rep in people.reps(session) if rep.team and rep.team.segment in wanted]
    return sorted(found, key=lambda rep: rep.external_id)


def _hire(session: Session, cast: Cast, *, now: datetime) -> None:
    team = people.add_team(session, cast.team, segment=cast.segment, manager=cast.manager)
    for number, name in enumerate(cast.reps, start=1):
        joined_at = now - timedelta(days=97 * number)
        people.add_rep(session, name, external_id=login(name), team=team, now=joined_at)


def _give_account(session: Session, account: Account, *, now: datetime) -> None:
    user = users.add_user(
        session,
        email=account.email,
        name=account.name,
        role=account.role,
        password=PASSWORD,
        now=now,
    )
    for rep in people.reps_by_external_id(session, [login(account.name)]).values():
        rep.user_id = user.id
