"""What an installation may set, read from the environment: `STAGELIFT_…`."""

from __future__ import annotations

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from web.logs import LogForm


class Settings(BaseSettings):
    """The settings of one installation.

    Args:
        database_url: `sqlite:///file` (relative to the working directory) or `postgresql://…`.
        max_body_mb: The largest request accepted, in megabytes of 10⁶ bytes.
        public_url: The address under which browsers reach the site; empty for this machine only.
        log: `text` for people (warnings and faults), `json` for programs (every request too).
        secure_cookies: Whether cookies travel over HTTPS only; follows `public_url` when unset.
    """

    model_config = SettingsConfigDict(env_prefix="STAGELIFT_", frozen=True)

    database_url: str = "sqlite:///stagelift.sqlite"
    max_body_mb: int = Field(50, ge=1, le=10_000)
    public_url: str = ""
    secure_cookies: bool | None = None
    log: LogForm = LogForm.TEXT

    @field_validator("database_url")
    @classmethod
    def _of_a_kind_we_know(cls, url: str) -> str:
        try:
            backend = make_url(url).get_backend_name()
        except ArgumentError:
            backend = ""
        if backend not in ("sqlite", "postgresql", "postgres"):
            raise ValueError("give sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME")
        return url

    @property
    def secure(self) -> bool:
        """Whether cookies travel over HTTPS only."""
        if self.secure_cookies is not None:
            return self.secure_cookies
        return self.public_url.startswith("https://")

    @property
    def max_body_bytes(self) -> int:
        """The largest request accepted, in bytes."""
        return self.max_body_mb * 1_000_000
