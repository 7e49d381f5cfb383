"""The pages: one file a noun, each with its `router`; here is what all of them answer with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from babel import negotiate_locale
from fastapi import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from web import templating
from web.catalogue import ENGLISH, languages
from web.flash import FLASH_SECONDS, Flash, flash_of
from web.pages.nav import nav_for
from web.security import FORM_COOKIE, Visit, drop_cookie, read_cookie, set_cookie
from web.site import site_of

FLASH_COOKIE = "flash"
NOBODY = Visit("", None, "", ZoneInfo("UTC"))


def render(
    request: Request, template: str, context: Mapping[str, Any] | None = None, status: int = 200
) -> HTMLResponse:
    """A page for the person who asks.

    With a status of 400 or more nothing that the request did is stored.

    Args:
        template: A path under `web/templates`; it extends `base.html`, or `bare.html` for
            someone not signed in.
        context: What the template names, beside `user`, `nav` and `flashes`.
    """
    if status >= 400 and hasattr(request.state, "session"):
        request.state.session.rollback()
    visit: Visit = getattr(request.state, "visit", NOBODY)
    reader = reader_of(request)
    say = reader.translations.gettext
    shown = flash_of(read_cookie(request, FLASH_COOKIE))
    frame: dict[str, Any] = {"flashes": [], "user": None, "nav": []}
    if shown:
        frame["flashes"] = [{"kind": shown.kind, "text": say(shown.text)}]
    if visit.role:
        frame["user"] = {"name": visit.name, "role": visit.role}
        frame["nav"] = nav_for(visit.role, request.url.path, say=say)
    environment = site_of(request).environment
    text = templating.render(environment, template, reader=reader, **frame | dict(context or {}))
    response = HTMLResponse(text, status)
    _keep_cookies(request, response, visit)
    return response


def reader_of(request: Request) -> templating.Reader:
    """The language and zone of the person who asks."""
    visit: Visit = getattr(request.state, "visit", NOBODY)
    language = visit.language if visit.language in languages() else language_of(request)
    return templating.reader_for(language, visit.zone, visit.csrf, visit.calendar)


def see_other(request: Request, path: str, message: Flash | None = None) -> Response:
    """Send the browser on after an act, with a message for the next page."""
    response = RedirectResponse(path, status_code=303)
    if message:
        settings = site_of(request).settings
        set_cookie(response, settings, FLASH_COOKIE, message.code, seconds=FLASH_SECONDS)
    return response


def language_of(request: Request) -> str:
    """The best language for the browser among those that there are translations for."""
    asked = [each.split(";")[0] for each in request.headers.get("accept-language", "").split(",")]
    return negotiate_locale(asked, languages(), sep="-") or ENGLISH


def _keep_cookies(request: Request, response: Response, visit: Visit) -> None:
    settings = site_of(request).settings
    if read_cookie(request, FLASH_COOKIE):
        drop_cookie(response, settings, FLASH_COOKIE)
    if visit.role is None and visit.csrf and visit.csrf != read_cookie(request, FORM_COOKIE):
        set_cookie(response, settings, FORM_COOKIE, visit.csrf, seconds=None)
