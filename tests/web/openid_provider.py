"""An OpenID Connect provider on this machine, for the tests of signing in with one.

It follows OpenID Connect Core 1.0 and PKCE (RFC 7636) strictly where a client may err, and can
be told to misbehave where a client must notice.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode

import uvicorn
from fastapi import FastAPI, Request
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.responses import JSONResponse, RedirectResponse, Response

CLIENT, SECRET = "stagelift", "a secret of the test"


@dataclass
class Provider:
    """What it knows, and how it misbehaves: `claims` overwrite those of the token."""

    issuer: str = ""
    email: str = "mina@kestrel.example"
    claims: dict[str, Any] = field(default_factory=dict)
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "1"}))
    signed_by: RSAKey | None = None
    asked: dict[str, dict[str, str]] = field(default_factory=dict)
    down: bool = False

    def described(self) -> dict[str, str]:
        """The discovery document."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
        }

    def token(self, nonce: str, now: float) -> str:
        """An ID token for the one person who is signed in here."""
        claims = {
            "iss": self.issuer,
            "sub": "1",
            "aud": CLIENT,
            "iat": int(now),
            "exp": int(now) + 300,
            "nonce": nonce,
            "email": self.email,
            "email_verified": True,
        } | self.claims
        return jwt.encode({"alg": "RS256", "kid": "1"}, claims, self.signed_by or self.key)


def app_of(provider: Provider) -> FastAPI:
    """The provider's pages."""
    app = FastAPI()

    @app.get("/.well-known/openid-configuration")
    def describe() -> Response:
        if provider.down:
            return Response(status_code=503)
        return JSONResponse(provider.described())

    @app.get("/keys")
    def keys() -> Any:
        return {"keys": [provider.key.as_dict(private=False)]}

    @app.get("/authorize")
    def authorize(request: Request) -> Response:
        query = dict(request.query_params)
        assert query["response_type"] == "code"
        assert query["code_challenge_method"] == "S256"
        assert {"openid", "email"} <= set(query["scope"].split())
        code = secrets.token_urlsafe()
        provider.asked[code] = query
        back = urlencode({"code": code, "state": query["state"]})
        return RedirectResponse(f"{query['redirect_uri']}?{back}")

    @app.post("/token")
    async def token(request: Request) -> Response:
        form = {
            name: value[0] for name, value in parse_qs((await request.body()).decode()).items()
        }
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        asked = provider.asked.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if (
            asked is None
            or request.headers.get("authorization") != f"Basic {basic}"
            or challenge != asked["code_challenge"]
            or form["redirect_uri"] != asked["redirect_uri"]
        ):
            return JSONResponse({"error": "invalid_grant"}, status_code=400)
        made = provider.token(asked["nonce"], time.time())
        return JSONResponse({"access_token": "x", "token_type": "Bearer", "id_token": made})

    return app


@contextmanager
def running_provider() -> Iterator[Provider]:
    """A provider that listens on a free port of this machine."""
    provider = Provider()
    config = uvicorn.Config(app_of(provider), host="127.0.0.1", port=0, log_level="error")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    provider.issuer = f"http://127.0.0.1:{port}"
    yield provider
    server.should_exit = True
    thread.join(timeout=10)
