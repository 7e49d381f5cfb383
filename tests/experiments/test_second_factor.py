"""Codes of an authenticator app, and the recovery codes for when the phone is lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from sqlalchemy.orm import Session

from experiments import users
from experiments.access import second_factor
from experiments.problem import Refused
from experiments.users import Role, User

NOW = datetime(2026, 3, 4, 11, 30, tzinfo=UTC)


@pytest.fixture
def mina(session: Session) -> User:
    """Somebody with an account."""
    return users.add_user(
        session,
        email="mina@kestrel.example",
        name="Mina",
        role=Role.MANAGER,
        password="correct horse battery",
        now=NOW,
    )


def shown(session: Session, user: User, at: datetime) -> str:
    """What the app shows then."""
    found = second_factor.factor_of(session, user)
    assert found
    return pyotp.TOTP(found.secret).at(at)


def with_app(session: Session, user: User) -> list[str]:
    second_factor.offer(session, user)
    return second_factor.confirm(session, user, shown(session, user, NOW), now=NOW)


def test_the_codes_are_those_of_rfc_6238_appendix_b(session: Session, mina: User) -> None:
    # Its vectors have eight digits; six are their end: 94287082 at 59 s, 07081804 at 1111111109 s.
    second_factor.offer(session, mina)
    found = second_factor.factor_of(session, mina)
    assert found
    found.secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # "12345678901234567890" in base 32
    for seconds, code in ((59, "287082"), (1_111_111_109, "081804")):
        second_factor.finish_sign_in(
            session, mina, code, now=datetime.fromtimestamp(seconds, tz=UTC)
        )


def test_an_offered_app_is_asked_for_only_once_it_has_shown_a_code(
    session: Session, mina: User
) -> None:
    second_factor.offer(session, mina)
    assert not second_factor.is_asked_of(session, mina)
    with pytest.raises(Refused, match="not the code"):
        second_factor.confirm(session, mina, "000000", now=NOW)
    assert not second_factor.is_asked_of(session, mina)
    second_factor.confirm(session, mina, shown(session, mina, NOW), now=NOW)
    assert second_factor.is_asked_of(session, mina)
    with pytest.raises(Refused, match="already"):
        second_factor.offer(session, mina)


def test_a_code_holds_for_a_moment_and_once(session: Session, mina: User) -> None:
    with_app(session, mina)
    later = NOW + timedelta(minutes=5)
    code = shown(session, mina, later)
    late = later + timedelta(seconds=90)
    with pytest.raises(Refused):
        second_factor.finish_sign_in(session, mina, code, now=late)
    spaced = f"{code[:3]} {code[3:]}"
    second_factor.finish_sign_in(session, mina, spaced, now=later + timedelta(seconds=20))
    with pytest.raises(Refused):
        second_factor.finish_sign_in(session, mina, code, now=later + timedelta(seconds=21))


def test_a_recovery_code_lets_its_owner_in_once(session: Session, mina: User) -> None:
    codes = with_app(session, mina)
    assert len(set(codes)) == second_factor.RECOVERY_CODES
    second_factor.finish_sign_in(session, mina, codes[0].upper() + " ", now=NOW)
    session.flush()
    with pytest.raises(Refused):
        second_factor.finish_sign_in(session, mina, codes[0], now=NOW)


def test_a_sign_in_that_has_begun_ends_after_five_minutes_and_with_the_account(
    session: Session, mina: User
) -> None:
    token = second_factor.begin_sign_in(session, mina, now=NOW)
    assert second_factor.user_who_began(session, token, now=NOW) is mina
    late = NOW + second_factor.BEGUN_LIFE
    assert second_factor.user_who_began(session, token, now=late) is None
    assert second_factor.user_who_began(session, "guess", now=NOW) is None
    mina.disabled_at = NOW
    assert second_factor.user_who_began(session, token, now=NOW) is None


def test_without_an_app_no_code_is_right(session: Session, mina: User) -> None:
    with pytest.raises(Refused):
        second_factor.finish_sign_in(session, mina, "123456", now=NOW)
    with_app(session, mina)
    second_factor.drop(session, mina, by=mina, now=NOW)
    assert not second_factor.is_asked_of(session, mina)
