"""What an installation may set, read from the environment: `STAGELIFT_…`."""

from __future__ import annotations

from typing import Self

from pydantic import Field, SecretStr, field_validator, model_validator
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
        openid_issuer: The address of an OpenID Connect provider, `https://…`; empty for none.
        openid_client_id, openid_client_secret: As the provider gave them.
        openid_name: What the button calls it.
        secure_cookies: Whether cookies travel over HTTPS only; follows `public_url` when unset.
    """

    model_config = SettingsConfigDict(env_prefix="STAGELIFT_", frozen=True)

    database_url: str = "sqlite:///stagelift.sqlite"
    max_body_mb: int = Field(50, ge=1, le=10_000)
    public_url: str = ""
    secure_cookies: bool | None = None
    log: LogForm = LogForm.TEXT
    openid_issuer: str = ""
    openid_client_id: str = ""
    openid_client_secret: SecretStr = SecretStr("")
    openid_name: str = "OpenID Connect"

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

    @model_validator(mode="after")
    def _openid_is_whole(self) -> Self:
        if self.openid_issuer and not (self.openid_client_id and self.public_url):
            raise ValueError("openid_issuer needs openid_client_id and public_url as well")
        return self

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
