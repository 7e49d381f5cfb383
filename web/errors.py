"""Domain errors as answers: a page for people, JSON for programs."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, RedirectResponse, Response

from experiments.crm.signatures import BadSignature
from experiments.findings import findings
from experiments.problem import Forbidden, NotFound, Problem, Refused, problem
from web.middleware import HEADERS
from web.pages import render
from web.security import Elsewhere, NotAllowed, Unauthorized, recognise
from web.site import site_of
from web.texts import N_

log = logging.getLogger("stagelift")

TITLES = {
    400: N_("This request cannot be read"),
    403: N_("This page is not open to you"),
    404: N_("There is no such page"),
    405: N_("There is no such page"),
    409: N_("Somebody was faster"),
    413: N_("This is too large"),
    422: N_("This cannot be done"),
    500: N_("Something went wrong here"),
    503: N_("The database is away"),
}
# Parts of what SQLite and PostgreSQL say, and what it means for the person waiting.
DATABASE_TROUBLE = {
    "locked": N_("The database is busy with another change. Try again in a moment."),
    "readonly": N_("The database can only be read at present; nothing was stored."),
    "read-only": N_("The database can only be read at present; nothing was stored."),
    "no such table": N_("The database is not prepared yet: run `stagelift migrate`."),
    "does not exist": N_("The database is not prepared yet: run `stagelift migrate`."),
    "unable to open": N_("The database file cannot be opened."),
    "disk": N_("The database's disk is full or failing; nothing was stored."),
    "connect": N_("The database cannot be reached. Try again in a moment."),
    "terminat": N_("The database cannot be reached. Try again in a moment."),
}


def install(app: FastAPI) -> None:
    """Let the app answer every error in our one way."""
    for kind, handler in HANDLERS.items():
        app.add_exception_handler(kind, handler)


def answer(request: Request, status: int, problems: Sequence[Problem], **headers: str) -> Response:
    """An error as JSON for a program and as a page for a person."""
    if is_for_programs(request):
        errors = [{"where": each.where, "message": each.text} for each in problems]
        return JSONResponse({"errors": errors}, status, headers=headers)
    title = TITLES.get(status, TITLES[400])
    context = {"title": title, "problems": problems, "status": status}
    response = render(request, "error.html", context, status=status)
    response.headers.update(headers)
    return response


def too_large(request: Request, limit_mb: int | None = None) -> Response:
    """The answer to a body over the limit: the site's, or a route's own."""
    limit = limit_mb or site_of(request).settings.max_body_mb
    text = "A request may hold at most {limit} MB; nothing was stored."
    return answer(request, 413, [problem("", text, limit=limit)])


def is_for_programs(request: Request) -> bool:
    """Whether the answer goes to a program."""
    path = request.url.path
    return path.startswith(("/api/", "/webhooks/")) or path == "/health"


def problems_of(error: RequestValidationError) -> list[Problem]:
    """What FastAPI found, each at its field's path (`variants.2.weight`; lists count from 1)."""
    return [found for each in error.errors() for found in _findings(each)]


def _findings(fault: Any) -> list[Problem]:
    if fault["type"] == "json_invalid":
        text = "This is not JSON: there is a fault at character {at}."
        return [problem("body", text, at=fault["loc"][-1])]
    found = findings(fault["loc"][1:], fault)
    return [each if each.where else replace(each, where="body") for each in found]


def _elsewhere(_request: Request, error: Elsewhere) -> Response:
    return RedirectResponse(error.path, status_code=303)


def _refused(request: Request, error: Refused) -> Response:
    return answer(request, 422, error.problems)


def _not_found(request: Request, error: NotFound) -> Response:
    text = "There is no {kind} {key}."
    return answer(request, 404, [problem("", text, kind=error.kind, key=error.key)])


def _forbidden(request: Request, error: Forbidden) -> Response:
    why = error.problem if isinstance(error, NotAllowed) else problem("", "This is not yours.")
    return answer(request, 403, [why])


def _unauthorized(request: Request, _error: Unauthorized) -> Response:
    text = "Send `Authorization: Bearer TOKEN` with a token of `stagelift token create`."
    return answer(request, 401, [problem("", text)], **{"WWW-Authenticate": "Bearer"})


def _unproved(request: Request, _error: BadSignature) -> Response:
    # One answer for all that may be wrong: it tells nothing that helps to forge a request.
    text = "This is not proved to come from a connected program; nothing was stored."
    return answer(request, 401, [problem("", text)])


def _http(request: Request, error: HTTPException) -> Response:
    if error.status_code == 413:
        return too_large(request, getattr(error, "limit_mb", None))
    if not is_for_programs(request):
        recognise(request)
    texts = {
        404: N_("There is nothing at this address."),
        405: N_("This address takes no {method}."),
    }
    text = texts.get(error.status_code, "{detail}")
    found = problem("", text, method=request.method, detail=error.detail)
    return answer(request, error.status_code, [found], **dict(error.headers or {}))


def _unreadable(request: Request, error: RequestValidationError) -> Response:
    whole = any(tuple(each["loc"]) == ("body",) for each in error.errors())
    if whole and "json" not in request.headers.get("content-type", ""):
        text = "Send JSON, with the header `Content-Type: application/json`."
        return answer(request, 422, [problem("body", text)])
    return answer(request, 422, problems_of(error))


def _conflict(request: Request, error: IntegrityError) -> Response:
    log.warning("conflict: %s", error.orig)
    text = "Somebody else stored the same at the same moment. Look again, then repeat."
    return answer(request, 409, [problem("", text)])


def _unstorable(request: Request, error: DataError) -> Response:
    log.warning("unstorable: %s", error.orig)
    text = "A value cannot be stored: it is too large, or holds a null character."
    return answer(request, 422, [problem("", text)])


def _database(request: Request, error: DBAPIError) -> Response:
    said = str(error.orig).casefold()
    for part, text in DATABASE_TROUBLE.items():
        if part in said:
            log.error("database: %s", said)
            return answer(request, 503, [problem("", text)], **{"Retry-After": "5"})
    raise error


def _unknown(request: Request, _error: Exception) -> Response:
    # Starlette logs the traceback; the answer shows none of it.
    text = "The fault is ours and has been written down. Nothing was stored."
    response = answer(request, 500, [problem("", text)])
    response.headers.update(HEADERS)  # this answer passes no middleware
    return response


HANDLERS: dict[type[Exception], Any] = {
    Elsewhere: _elsewhere,
    Refused: _refused,
    NotFound: _not_found,
    Forbidden: _forbidden,
    Unauthorized: _unauthorized,
    BadSignature: _unproved,
    HTTPException: _http,
    RequestValidationError: _unreadable,
    IntegrityError: _conflict,
    DataError: _unstorable,
    DBAPIError: _database,
    Exception: _unknown,
}
