"""Files that someone brought and has not confirmed yet: they wait here for a yes or a no.

They rest in the database and not in a folder: every process of a site sees them, nobody
else does, and a lost one goes with the next.
"""

from __future__ import annotations

import json
import secrets
import zlib
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, LargeBinary, String, Text, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from experiments.problem import NotFound
from experiments.store.columns import Entity
from experiments.users import User

LIFE = timedelta(days=1)
LONGEST_NAME = 200


class Upload(Entity):
    """What one person brought at one time; `answers` are the fields of the form beside."""

    __tablename__ = "uploads"

    token: Mapped[str] = mapped_column(String(64), primary_key=True)
    by_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    created_at: Mapped[datetime]
    answers: Mapped[str] = mapped_column(Text)
    files: Mapped[list[UploadedFile]] = relationship(cascade="all, delete-orphan")

    def file(self, part: str) -> UploadedFile | None:
        """The file of a field of the form, if one was brought."""
        return next((each for each in self.files if each.part == part), None)

    @property
    def said(self) -> dict[str, str]:
        """The fields of the form."""
        answers: dict[str, str] = json.loads(self.answers)
        return answers


class UploadedFile(Entity):
    """One file, compressed."""

    __tablename__ = "uploaded_files"

    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str] = mapped_column(ForeignKey("uploads.token", ondelete="CASCADE"), index=True)
    part: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    packed: Mapped[bytes] = mapped_column(LargeBinary)

    @property
    def content(self) -> bytes:
        """The file's bytes."""
        return zlib.decompress(self.packed)


def keep(
    session: Session,
    files: Mapping[str, tuple[str, bytes]],
    answers: Mapping[str, str],
    *,
    by: User,
    now: datetime,
) -> Upload:
    """Keep files until they are confirmed; whatever waits for over a day goes.

    Args:
        files: The form's field → the file's name and its bytes.
    """
    old = select(Upload.token).where(Upload.created_at < now - LIFE)
    session.execute(delete(UploadedFile).where(UploadedFile.token.in_(old)))
    session.execute(delete(Upload).where(Upload.created_at < now - LIFE))
    kept = Upload(token=secrets.token_urlsafe(24), by_id=by.id, created_at=now)
    kept.answers = json.dumps(dict(answers))
    kept.files = [
        UploadedFile(part=part, name=name[-LONGEST_NAME:], packed=zlib.compress(content, 1))
        for part, (name, content) in files.items()
    ]
    session.add(kept)
    session.flush()
    return kept


def kept_upload(session: Session, token: str, *, by: User) -> Upload:
    """What this person brought. Raises NotFound, also for what someone else brought."""
    found = session.get(Upload, token)
    if found is None or found.by_id != by.id:
        raise NotFound("upload", token)
    return found


def answer(session: Session, upload: Upload, name: str, said: str) -> None:
    """Change one answer of the form beside the files."""
    upload.answers = json.dumps(upload.said | {name: said})
    session.flush()


def drop(session: Session, upload: Upload) -> None:
    """Forget an upload."""
    session.delete(upload)
    session.flush()
