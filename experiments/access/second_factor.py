"""A second factor: codes of an authenticator app, asked for after the password.

Between password and code a person is nobody yet: a sign-in that has begun opens nothing, and
ends after five minutes. Recovery codes stand in for a lost phone, each once.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

import pyotp
from sqlalchemy import BigInteger, ForeignKey, String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from experiments import audit
from experiments.problem import Refused, problem
from experiments.store.columns import Entity
from experiments.users import User, digest

ISSUER = "Stagelift"
BEGUN_LIFE = timedelta(minutes=5)
RECOVERY_CODES = 8
STEP_SECONDS = 30
# Clocks differ, and typing takes a moment: the step before and the one after hold too.
_STEPS = (-1, 0, 1)


class SecondFactor(Entity):
    """A person's authenticator. It is asked for once `confirmed_at` says that it works.

    `last_step` is the latest half-minute whose code was used: none is taken twice.
    """

    __tablename__ = "second_factors"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    secret: Mapped[str] = mapped_column(String(64))
    confirmed_at: Mapped[datetime | None]
    last_step: Mapped[int] = mapped_column(BigInteger, default=0)

    def address(self, user: User) -> str:
        """What an authenticator app reads from a picture."""
        return pyotp.TOTP(self.secret, name=user.email, issuer=ISSUER).provisioning_uri()


class RecoveryCode(Entity):
    """A code for a lost phone. Only its hash is stored, and it is gone once used."""

    __tablename__ = "recovery_codes"

    code_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)


class BegunSignIn(Entity):
    """A person whose password was right, and whose code is awaited."""

    __tablename__ = "begun_sign_ins"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    expires_at: Mapped[datetime]
    user: Mapped[User] = relationship(lazy="joined")


def factor_of(session: Session, user: User) -> SecondFactor | None:
    """The person's authenticator, confirmed or not."""
    return session.get(SecondFactor, user.id)


def is_asked_of(session: Session, user: User) -> bool:
    """Whether this person signs in with a code as well."""
    found = factor_of(session, user)
    return bool(found and found.confirmed_at)


def offer(session: Session, user: User) -> SecondFactor:
    """A new secret to put into an app; it is asked for only when `confirm` has seen a code.

    Raises:
        Refused: where one is confirmed already.
    """
    if is_asked_of(session, user):
        raise Refused(problem("", "Your account has a second factor already."))
    session.execute(delete(SecondFactor).where(SecondFactor.user_id == user.id))
    offered = SecondFactor(user_id=user.id, secret=pyotp.random_base32(), last_step=0)
    session.add(offered)
    session.flush()
    return offered


def confirm(session: Session, user: User, code: str, *, now: datetime) -> list[str]:
    """Ask for codes from now on; returns the recovery codes, which can be read only now.

    Raises:
        Refused: where nothing was offered, or the code is not the app's.
    """
    found = factor_of(session, user)
    if found is None or not _is_code_of(found, code, now):
        raise Refused(problem("code", "This is not the code that the app shows now."))
    found.confirmed_at = now
    codes = [secrets.token_hex(5) for _ in range(RECOVERY_CODES)]
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    session.add_all(RecoveryCode(code_hash=digest(each), user_id=user.id) for each in codes)
    audit.record(session, "add second factor", f"account {user.email}", by=user, now=now)
    return codes


def drop(session: Session, user: User, *, by: User, now: datetime) -> None:
    """Ask for no code any more: one's own wish, or an admin's help for a lost phone."""
    for owned in (SecondFactor, RecoveryCode, BegunSignIn):
        session.execute(delete(owned).where(owned.user_id == user.id))
    audit.record(session, "drop second factor", f"account {user.email}", by=by, now=now)


def begin_sign_in(session: Session, user: User, *, now: datetime) -> str:
    """Remember that the password was right; returns the token of the sign-in that has begun."""
    token = secrets.token_urlsafe(32)
    begun = BegunSignIn(token_hash=digest(token), user=user, expires_at=now + BEGUN_LIFE)
    session.add(begun)
    session.execute(delete(BegunSignIn).where(BegunSignIn.expires_at < now))
    session.flush()
    return token


def user_who_began(session: Session, token: str, *, now: datetime) -> User | None:
    """Whose sign-in this is, if it has not ended."""
    begun = session.get(BegunSignIn, digest(token))
    if begun is None or begun.expires_at <= now or begun.user.disabled_at:
        return None
    return begun.user


def finish_sign_in(session: Session, user: User, code: str, *, now: datetime) -> None:
    """Take the app's code, or a recovery code.

    Raises:
        Refused: for any other; then the sign-in may be tried again.
    """
    found = factor_of(session, user)
    if found is None or not (_is_code_of(found, code, now) or _use_recovery(session, user, code)):
        raise Refused(problem("code", "This is not the code that the app shows now."))
    session.execute(delete(BegunSignIn).where(BegunSignIn.user_id == user.id))
    session.flush()


def _is_code_of(found: SecondFactor, code: str, now: datetime) -> bool:
    """Whether the app shows this code about now; a code that was used is none."""
    app, present = pyotp.TOTP(found.secret), int(now.timestamp()) // STEP_SECONDS
    typed = code.replace(" ", "")
    for step in (present + each for each in _STEPS):
        if step > found.last_step and pyotp.utils.strings_equal(typed, app.generate_otp(step)):
            found.last_step = step
            return True
    return False


def _use_recovery(session: Session, user: User, code: str) -> bool:
    wanted = select(RecoveryCode).where(
        RecoveryCode.code_hash == digest(code.strip().lower()), RecoveryCode.user_id == user.id
    )
    found = session.scalar(wanted)
    if found:
        session.delete(found)
    return found is not None
