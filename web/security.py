"""Who is asking, and whether they may: cookies, CSRF tokens, API tokens, roles."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.responses import Response

from experiments.company import Company
from experiments.problem import Forbidden, Problem, problem
from experiments.users import (
    SESSION_LIFE,
    Calendar,
    Role,
    Scope,
    User,
    UserSession,
    any_user,
    session_for,
    standing_token,
)
from web.deps import DbSession, Now, Posted, field, is_safe
from web.settings import Settings
from web.site import site_of

SESSION_COOKIE = "session"
FORM_COOKIE = "form"
CSRF_FIELD = "csrf_token"

EVERYONE = tuple(Role)
MANAGERS = (Role.ADMIN, Role.MANAGER)
STAFF = (Role.ADMIN, Role.MANAGER, Role.ANALYST)
# The ends of the addresses at which a source tells what happened, or asks for a variant.
TELLING = ("/leads", "/events", "/assignments")
# A rep must not see results: knowing them would change how the process is followed.
RESULT_READERS = (*STAFF, Role.VIEWER)


class Elsewhere(Exception):
    """The browser must go to another page first."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


class NotAllowed(Forbidden):
    """Refused for a reason that can be said."""

    def __init__(self, why: Problem) -> None:
        super().__init__(str(why))
        self.problem = why


class Unauthorized(Exception):
    """The API was called without a token that holds."""


@dataclass(frozen=True, slots=True)
class Visit:
    """What a page needs to know of the browser that asks for it.

    `language` is the one its person chose; empty for the browser's own.
    """

    name: str
    role: Role | None
    csrf: str
    zone: ZoneInfo
    language: str = ""
    calendar: Calendar = Calendar.GREGORIAN


def signed_in(request: Request, form: Posted, session: DbSession, now: Now) -> User:
    """The user of the cookie's session, the CSRF token checked. Every page needs it."""
    found = session_for(session, read_cookie(request, SESSION_COOKIE), now=now)
    if found is None:
        raise Elsewhere(_way_in(request, session))
    request.state.visit = _visit_of(session, found)
    if not is_safe(request):
        _check_csrf(request, form, found.csrf)
    return found.user


def recognise(request: Request) -> None:
    """Give an answer that no route made, such as 404, the frame of whoever asks."""
    site = site_of(request)
    token = read_cookie(request, SESSION_COOKIE)
    if not token or hasattr(request.state, "visit"):
        return
    with site.database.reading() as session:
        found = session_for(session, token, now=site.clock())
        if found:
            request.state.visit = _visit_of(session, found)


def signed_out(request: Request, form: Posted) -> None:
    """Protects the forms of people who are not signed in: cookie and field must agree."""
    token = read_cookie(request, FORM_COOKIE)
    if not is_safe(request):
        _check_csrf(request, form, token)
    request.state.visit = Visit("", None, token or secrets.token_urlsafe(32), ZoneInfo("UTC"))


def allow(*roles: Role) -> Any:
    """A dependency that gives the user of a page and raises Forbidden for other roles."""

    def guard(user: Annotated[User, Depends(signed_in)]) -> User:
        return _with_role(user, roles)

    return Depends(guard)


_bearer = HTTPBearer(auto_error=False, description="A token of `stagelift token create`.")


def token_user(
    request: Request,
    session: DbSession,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> User:
    """The user of the request's API token, within its scope. Cookies do not open the API."""
    found = standing_token(session, credentials.credentials) if credentials else None
    if found is None:
        raise Unauthorized
    if found.scope not in _scopes_for(request):
        text = "This token is for {scope} only."
        raise NotAllowed(problem("", text, scope=found.scope))
    return found.user


def _scopes_for(request: Request) -> tuple[Scope, ...]:
    """Which tokens may make this call."""
    if request.url.path.endswith(TELLING):
        return (Scope.ALL, Scope.TELL)
    return (Scope.ALL, Scope.READ) if is_safe(request) else (Scope.ALL,)


def allow_token(*roles: Role) -> Any:
    """A dependency that gives the user of an API call and raises Forbidden for other roles."""

    async def guard(user: Annotated[User, Depends(token_user)]) -> User:
        return _with_role(user, roles)

    return Depends(guard)


def read_cookie(request: Request, name: str) -> str:
    """A cookie of ours; empty where there is none."""
    return request.cookies.get(cookie_name(site_of(request).settings, name), "")


def set_cookie(
    response: Response, settings: Settings, name: str, value: str, *, seconds: int | None
) -> None:
    """Give the browser a cookie that scripts cannot read; it ends with the browser if None."""
    response.set_cookie(
        cookie_name(settings, name),
        value,
        max_age=seconds,
        secure=settings.secure,
        httponly=True,
        samesite="lax",
    )


def drop_cookie(response: Response, settings: Settings, name: str) -> None:
    """Take a cookie away."""
    set_cookie(response, settings, name, "", seconds=0)


def give_session(response: Response, settings: Settings, token: str) -> None:
    """Give the browser the cookie of its session."""
    seconds = int(SESSION_LIFE.total_seconds())
    set_cookie(response, settings, SESSION_COOKIE, token, seconds=seconds)


def cookie_name(settings: Settings, name: str) -> str:
    """A cookie's full name. `__Host-` keeps other hosts of the domain from planting it."""
    return f"__Host-stagelift_{name}" if settings.secure else f"stagelift_{name}"


def local_path(path: str) -> str:
    """`path` where it stays on this site, else the home page."""
    # "//host" and "/\host" are other sites to a browser, and it drops tabs and line ends.
    local = path.startswith("/") and not path.startswith(("//", "/\\"))
    return path if local and path.isprintable() and "\\" not in path else "/"


def _visit_of(session: Session, found: UserSession) -> Visit:
    company = session.get(Company, 1)
    zone = company.zone if company else ZoneInfo("UTC")
    user = found.user
    return Visit(user.name, user.role, found.csrf, zone, user.language, user.calendar)


def _way_in(request: Request, session: Session) -> str:
    if not any_user(session):
        return "/first-run"
    if not is_safe(request) or request.url.path == "/":
        return "/sign-in"
    asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return f"/sign-in?next={quote(asked, safe='/')}"


def _with_role(user: User, roles: tuple[Role, ...]) -> User:
    if user.role not in roles:
        raise NotAllowed(problem("", "This is not open to the role {role}.", role=user.role))
    return user


def _check_csrf(request: Request, form: FormData, expected: str) -> None:
    given = field(form, CSRF_FIELD) or request.headers.get("x-csrf-token", "")
    if not expected or not secrets.compare_digest(given.encode(), expected.encode()):
        text = "This form is too old, or was not opened here. Open the page again and repeat."
        raise NotAllowed(problem("", text))
