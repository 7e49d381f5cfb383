"""One's own account: the password, the calendar, and the browsers that are signed in."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from babel import Locale
from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from experiments import calendar_feed
from experiments.access import accounts
from experiments.problem import Refused, problem
from experiments.users import Calendar, Role, User, digest
from web.catalogue import languages
from web.deps import DbSession, Now, Posted, field
from web.flash import flash
from web.forms import Form
from web.pages import reader_of, render, see_other
from web.security import EVERYONE, SESSION_COOKIE, allow, read_cookie
from web.site import site_of
from web.texts import N_

router = APIRouter()
Anyone = Annotated[User, allow(*EVERYONE)]
RepOnly = Annotated[User, allow(Role.REP)]

CHANGED = flash(
    "password-changed", "good", "Your password is changed, and your other browsers signed out."
)
CALENDAR_ENDED = flash("calendar-ended", "good", "The address opens no calendar any more.")
READING = flash("reading-changed", "good", "Pages are written this way from now on.")
ENDED = flash("session-ended", "good", "That browser is signed out.")
CALENDARS = (
    (Calendar.GREGORIAN, N_("Gregorian")),
    (Calendar.JALALI, N_("Jalali (Solar Hijri)")),
)


@router.get("/account")
def show(request: Request, session: DbSession, now: Now, user: Anyone) -> Response:
    """The account of whoever asks."""
    return _page(request, session, user, now)


@router.post("/account/password")
def change_password(
    request: Request, form: Posted, session: DbSession, now: Now, user: Anyone
) -> Response:
    """Change one's own password."""
    try:
        if field(form, "password") != field(form, "repeated"):
            raise Refused(problem("repeated", "The two passwords differ."))
        accounts.change_password(
            session,
            user,
            present=field(form, "present"),
            new=field(form, "password"),
            token=read_cookie(request, SESSION_COOKIE),
            now=now,
        )
    except Refused as refusal:
        return _page(request, session, user, now, Form({}, refusal.problems), status=422)
    return see_other(request, "/account", CHANGED)


@router.post("/account/reading")
def change_reading(request: Request, form: Posted, session: DbSession, user: Anyone) -> Response:
    """Choose the language and the calendar that pages are written in."""
    language, calendar = field(form, "language"), field(form, "calendar")
    if language not in ("", *languages()) or calendar not in list(Calendar):
        raise Refused(problem("language", "Choose one of the languages and calendars offered."))
    accounts.change_reading(session, user, language=language, calendar=Calendar(calendar))
    return see_other(request, "/account", READING)


@router.post("/account/sessions/{mark}/end")
def end_session(request: Request, mark: str, session: DbSession, user: Anyone) -> Response:
    """Sign another of one's own browsers out."""
    accounts.end_session(session, user, mark)
    return see_other(request, "/account", ENDED)


@router.post("/account/calendar")
def make_calendar(request: Request, session: DbSession, now: Now, user: RepOnly) -> Response:
    """Make the address of one's calendar, and show it on the answer itself."""
    token = calendar_feed.open_feed(session, user, now=now)
    site = site_of(request).settings.public_url or str(request.base_url)
    address = f"{site.rstrip('/')}/calendar/{token}.ics"
    return _page(request, session, user, now, address=address)


@router.post("/account/calendar/end")
def end_calendar(request: Request, session: DbSession, user: RepOnly) -> Response:
    """End the address of one's calendar."""
    calendar_feed.close_feed(session, user)
    return see_other(request, "/account", CALENDAR_ENDED)


def _own_name(language: str) -> str:
    """A language as its speakers call it."""
    locale = Locale.parse(language)
    return locale.get_display_name(locale) or language


def _page(
    request: Request,
    session: Session,
    user: User,
    now: datetime,
    form: Form | None = None,
    *,
    address: str = "",
    status: int = 200,
) -> Response:
    say = reader_of(request).translations.gettext
    mine = digest(read_cookie(request, SESSION_COOKIE))
    rows = [
        {
            "mark": accounts.mark_of(each),
            "since": each.created_at,
            "until": each.expires_at,
            "is_this": each.token_hash == mine,
        }
        for each in accounts.sessions(session, user, now=now)
    ]
    context = {
        "form": form or Form(),
        "account": user,
        "reading": Form({"language": user.language, "calendar": user.calendar}, key="r"),
        "languages": [(code, _own_name(code)) for code in languages()],
        "calendars": [(value, say(text)) for value, text in CALENDARS],
        "sessions": rows,
        "feed": calendar_feed.feed_of(session, user),
        "feed_address": address,
    }
    return render(request, "account.html", context, status=status)
