"""The company's own sign-in, by OpenID Connect: the code flow with PKCE, through Authlib."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

import httpx2
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import OAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from experiments.problem import Refused, problem
from web.settings import Settings

RETURN_PATH = "/sign-in/openid/return"
# The one signature that every provider must offer; "none" and shared secrets are refused.
_SIGNATURES = ["RS256", "PS256", "ES256"]
_SECONDS = 10.0
_LEEWAY_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Begun:
    """What the browser keeps while it is at the provider; `state` comes back with it."""

    state: str
    nonce: str
    verifier: str

    @classmethod
    def new(cls) -> Begun:
        """Three secrets for one sign-in."""
        return cls(*(secrets.token_urlsafe(32) for _ in range(3)))

    @classmethod
    def read(cls, text: str) -> Begun | None:
        """From the cookie's text."""
        parts = text.split(".")
        return cls(*parts) if len(parts) == 3 and all(parts) else None

    def text(self) -> str:
        """As a cookie holds it."""
        return ".".join((self.state, self.nonce, self.verifier))


@dataclass(frozen=True, slots=True)
class OpenId:
    """A provider that the settings name. `transport` is the network; a test may give its own."""

    issuer: str
    client_id: str
    client_secret: str
    name: str
    back_to: str
    transport: httpx2.BaseTransport | None = None

    def address(self, begun: Begun) -> str:
        """Where to send the browser. Raises Refused where the provider does not answer."""
        with self._client() as client:
            found = self._described(client)
            url, _state = client.create_authorization_url(
                found["authorization_endpoint"],
                state=begun.state,
                nonce=begun.nonce,
                code_verifier=begun.verifier,
            )
        return str(url)

    def email(self, begun: Begun, query: dict[str, str], *, now: float) -> str:
        """The verified address of whoever came back.

        Args:
            query: What the provider sent the browser back with.
            now: Seconds since 1970.
        Raises:
            Refused: for an answer that is not to this sign-in, not the provider's, too old, or
                without an address that the provider has verified.
        """
        if not secrets.compare_digest(query.get("state", "").encode(), begun.state.encode()):
            raise _unfit("it does not answer a sign-in that began here")
        claims = self._claims(begun, query, now)
        if claims.get("email_verified") is not True or not claims.get("email"):
            raise _unfit("it names no verified e-mail address")
        return str(claims["email"])

    def _claims(self, begun: Begun, query: dict[str, str], now: float) -> dict[str, Any]:
        try:
            with self._client() as client:
                found = self._described(client)
                token = client.fetch_token(
                    found["token_endpoint"],
                    code=query.get("code", ""),
                    code_verifier=begun.verifier,
                )
                keys = KeySet.import_key_set(
                    client.request("GET", found["jwks_uri"], withhold_token=True)
                    .raise_for_status()
                    .json()
                )
            read = jwt.decode(token["id_token"], keys, algorithms=_SIGNATURES)
            claims = CodeIDToken(
                read.claims,
                read.header,
                {
                    "iss": {"essential": True, "value": found["issuer"]},
                    "aud": {"essential": True, "value": self.client_id},
                    "nonce": {"essential": True, "value": begun.nonce},
                },
                {"nonce": begun.nonce, "client_id": self.client_id},
            )
            claims.validate(now=int(now), leeway=_LEEWAY_SECONDS)
        except (JoseError, OAuthError, KeyError, ValueError, httpx2.HTTPError) as fault:
            raise _unfit(type(fault).__name__) from fault
        return dict(claims)

    def _described(self, client: OAuth2Client) -> dict[str, Any]:
        path = self.issuer.rstrip("/") + "/.well-known/openid-configuration"
        try:
            answer = client.request("GET", path, withhold_token=True).raise_for_status()
            found: dict[str, Any] = answer.json()
        except (httpx2.HTTPError, ValueError) as fault:
            raise _unfit(type(fault).__name__) from fault
        # A provider that speaks for another could sign anybody in.
        if found.get("issuer", "").rstrip("/") != self.issuer.rstrip("/"):
            raise _unfit("it speaks for another issuer")
        return found

    def _client(self) -> OAuth2Client:
        return OAuth2Client(
            self.client_id,
            self.client_secret or None,
            scope="openid email",
            redirect_uri=self.back_to,
            code_challenge_method="S256",
            token_endpoint_auth_method="client_secret_basic" if self.client_secret else "none",
            timeout=_SECONDS,
            transport=self.transport,
        )


def open_id_of(settings: Settings) -> OpenId | None:
    """The provider of these settings, if they name one."""
    if not settings.openid_issuer:
        return None
    return OpenId(
        settings.openid_issuer,
        settings.openid_client_id,
        settings.openid_client_secret.get_secret_value(),
        settings.openid_name,
        settings.public_url.rstrip("/") + RETURN_PATH,
    )


def _unfit(why: str) -> Refused:
    text = "The answer of the sign-in provider cannot be used: {why}."
    return Refused(problem("", text, why=why))
