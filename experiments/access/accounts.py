"""What becomes of an account: its password, its sessions, its role, its end."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from experiments import audit
from experiments.people import Rep
from experiments.problem import NotFound, Refused, problem, refuse_if
from experiments.users import (
    Calendar,
    Role,
    User,
    UserSession,
    digest,
    hash_of_password,
    is_password_of,
    password_problems,
)

# Enough of a session's hash to tell it from a person's others; it opens nothing.
MARK_LENGTH = 16


def account(session: Session, user_id: int) -> User:
    """The account of that number. Raises NotFound."""
    found = session.get(User, user_id)
    if found is None:
        raise NotFound("account", user_id)
    return found


def change_password(
    session: Session, user: User, *, present: str, new: str, token: str, now: datetime
) -> None:
    """Change one's own password; every other browser is signed out.

    Args:
        token: Of the session that asks, which stays.
    Raises:
        Refused: where the present password is wrong, or the new one too short.
    """
    if not is_password_of(user, present):
        raise Refused(problem("present", "This is not your present password."))
    set_password(session, user, new, keep=token)
    audit.record(session, "change password", f"account {user.email}", by=user, now=now)


def change_reading(session: Session, user: User, *, language: str, calendar: Calendar) -> None:
    """Choose one's own language (empty for the browser's) and calendar."""
    user.language, user.calendar = language, calendar
    session.flush()


def set_password(session: Session, user: User, new: str, *, keep: str = "") -> None:
    """Set a password and sign every browser out, but for the session of the token to keep.

    Raises:
        Refused: for a password that is too short or too long.
    """
    refuse_if(password_problems(new))
    user.password_hash = hash_of_password(new)
    session.execute(
        delete(UserSession).where(
            UserSession.user_id == user.id, UserSession.token_hash != digest(keep)
        )
    )
    session.flush()


def sessions(session: Session, user: User, *, now: datetime) -> list[UserSession]:
    """The browsers that a person is signed in with, latest first."""
    open_ones = select(UserSession).where(
        UserSession.user_id == user.id, UserSession.expires_at > now
    )
    return list(session.scalars(open_ones.order_by(UserSession.created_at.desc())))


def mark_of(opened: UserSession) -> str:
    """By what a page names a session: a part of its hash, of which no cookie can be made."""
    return opened.token_hash[:MARK_LENGTH]


def end_session(session: Session, user: User, mark: str) -> None:
    """Sign one of a person's own browsers out. Raises NotFound."""
    found = [each for each in _of(session, user) if mark_of(each) == mark]
    if not found:
        raise NotFound("session", mark)
    session.delete(found[0])
    session.flush()


def change(
    session: Session, user: User, *, name: str, role: Role, by: User, now: datetime
) -> None:
    """Change how a person is called and what they may do.

    Raises:
        Refused: for no name, the last admin's role, or the role rep without a rep.
    """
    if not name.strip():
        raise Refused(problem("name", "Give a name."))
    if user.role is Role.ADMIN and role is not Role.ADMIN:
        _refuse_last_admin(session, user, where="role")
    if role is Role.REP and not session.scalar(select(Rep.id).where(Rep.user_id == user.id)):
        text = "No rep belongs to this account: give one to it on the page Team first."
        raise Refused(problem("role", text))
    if role is not user.role:
        detail = f"{user.role} to {role}"
        audit.record(
            session, "change role", f"account {user.email}", by=by, now=now, detail=detail
        )
    user.name, user.role = name.strip(), role
    session.flush()


def close(session: Session, user: User, *, by: User, now: datetime) -> None:
    """Let a person sign in no more; what they did stays. A closed account stays closed.

    Raises:
        Refused: for the last admin.
    """
    if user.disabled_at:
        return
    if user.role is Role.ADMIN:
        _refuse_last_admin(session, user, where="")
    user.disabled_at = now
    session.execute(delete(UserSession).where(UserSession.user_id == user.id))
    audit.record(session, "close account", f"account {user.email}", by=by, now=now)


def reopen(session: Session, user: User, *, by: User, now: datetime) -> None:
    """Let a person sign in again, with the password of before."""
    session.execute(update(User).where(User.id == user.id).values(disabled_at=None))
    session.refresh(user)
    audit.record(session, "reopen account", f"account {user.email}", by=by, now=now)


def _refuse_last_admin(session: Session, user: User, *, where: str) -> None:
    others = select(func.count()).where(
        User.role == Role.ADMIN, User.disabled_at.is_(None), User.id != user.id
    )
    if not session.scalar(others):
        text = "This is the only admin: make somebody else one first."
        raise Refused(problem(where, text))


def _of(session: Session, user: User) -> list[UserSession]:
    return list(session.scalars(select(UserSession).where(UserSession.user_id == user.id)))
