"""Accounts, sessions and tokens."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from experiments import users
from experiments.problem import NotFound, Refused
from experiments.users import ApiToken, Role, User, UserSession

PASSWORD = "correct horse battery"


@pytest.fixture
def mina(session: Session, now: datetime) -> User:
    return users.add_user(
        session,
        email="Mina@Example.com",
        name="Mina",
        role=Role.MANAGER,
        password=PASSWORD,
        now=now,
    )


def test_a_password_rests_as_an_argon2_hash(session: Session, mina: User) -> None:
    assert mina.password_hash.startswith("$argon2id$")
    assert users.any_user(session)
    assert users.users(session) == [mina]
    assert users.user_by_email(session, "MINA@example.com ") is mina


def test_signing_in_opens_a_session_that_ends(session: Session, mina: User, now: datetime) -> None:
    assert users.person_with(session, email="mina@example.com", password=PASSWORD) is mina
    token = users.open_session(session, mina, now=now)
    opened = users.session_for(session, token, now=now)
    assert opened is not None
    assert opened.user is mina
    assert token not in {row.token_hash for row in session.scalars(select(UserSession))}
    assert users.session_for(session, token, now=now + timedelta(days=15)) is None
    users.sign_out(session, token)
    session.expire_all()
    assert users.session_for(session, token, now=now) is None


def test_a_wrong_password_and_an_unknown_address_read_alike(
    session: Session, mina: User, now: datetime
) -> None:
    said = []
    for email, password in (("mina@example.com", "wrong"), ("nobody@example.com", PASSWORD)):
        with pytest.raises(Refused) as refusal:
            users.person_with(session, email=email, password=password)
        said.append(str(refusal.value))

    assert said[0] == said[1]


def test_a_disabled_account_cannot_sign_in_or_go_on(
    session: Session, mina: User, now: datetime
) -> None:
    token = users.open_session(session, mina, now=now)
    key = users.create_token(session, mina, name="ci", now=now)
    mina.disabled_at = now

    assert users.session_for(session, token, now=now) is None
    assert users.user_of_token(session, key) is None
    with pytest.raises(Refused):
        users.person_with(session, email=mina.email, password=PASSWORD)


def test_a_token_acts_as_its_user_until_it_is_revoked(
    session: Session, mina: User, now: datetime
) -> None:
    token = users.create_token(session, mina, name="crm", now=now)
    row = session.scalars(select(ApiToken)).one()

    assert users.user_of_token(session, token) is mina
    assert token not in row.token_hash
    row.revoked_at = now
    session.flush()
    assert users.user_of_token(session, token) is None
    assert users.user_of_token(session, "sl_nothing") is None


@pytest.mark.parametrize(
    ("email", "name", "password", "field"),
    [
        ("mina", "Mina", PASSWORD, "email"),
        ("a b@example.com", "Mina", PASSWORD, "email"),
        ("mina@example.com", "Mina", PASSWORD, "email"),
        ("new@example.com", " ", PASSWORD, "name"),
        ("new@example.com", "New", "short", "password"),
        ("new@example.com", "New", "x" * 201, "password"),
    ],
)
def test_a_wrong_account_is_refused_at_its_field(
    session: Session,
    mina: User,
    now: datetime,
    email: str,
    name: str,
    password: str,
    field: str,
) -> None:
    with pytest.raises(Refused) as refusal:
        users.add_user(session, email=email, name=name, role=Role.REP, password=password, now=now)

    assert [each.where for each in refusal.value.problems] == [field]


def test_an_unknown_address_is_not_found(session: Session) -> None:
    with pytest.raises(NotFound):
        users.user_by_email(session, "nobody@example.com")
