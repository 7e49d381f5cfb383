"""Listing and revoking the tokens of programs; `experiments.users` makes and checks them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from experiments.problem import NotFound
from experiments.users import ApiToken, User


def tokens(session: Session) -> list[ApiToken]:
    """Every token, revoked ones too, oldest first."""
    return list(session.scalars(select(ApiToken).order_by(ApiToken.id)))


def revoke_tokens(session: Session, user: User, name: str, *, now: datetime) -> int:
    """Revoke the user's tokens of that name; returns how many. Raises NotFound for none."""
    standing = select(ApiToken).where(ApiToken.user == user, ApiToken.name == name)
    found = list(session.scalars(standing.where(ApiToken.revoked_at.is_(None))))
    if not found:
        raise NotFound("token", f"{name} of {user.email}")
    for each in found:
        each.revoked_at = now
    session.flush()
    return len(found)


def revoke_token(session: Session, token_id: int, *, now: datetime) -> None:
    """Revoke one token; a revoked one stays so. Raises NotFound."""
    found = session.get(ApiToken, token_id)
    if found is None:
        raise NotFound("token", token_id)
    found.revoked_at = found.revoked_at or now
    session.flush()
