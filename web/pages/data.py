"""Where data comes from, what waits for a person, and the words that a person explains."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as field_of
from typing import Annotated

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from experiments import people
from experiments.company import the_company
from experiments.events import Kept, count_kept
from experiments.mapping import UnknownWord, known_words, map_word, unknown_words
from experiments.problem import Refused
from experiments.process import version
from experiments.rep_mapping import map_rep, rep_words, unknown_reps
from experiments.sources import sources
from experiments.users import User
from web.deps import DbSession, Now, Posted, field
from web.flash import flash
from web.forms import Form
from web.pages import render, see_other
from web.security import STAFF, allow
from web.texts import N_

router = APIRouter()
Reader = Annotated[User, allow(*STAFF)]

MAPPED = flash("mapped", "good", "The word is known now; what waited for it is placed.")
WHY = {
    Kept.UNKNOWN_LEAD: N_("Its lead is not known yet"),
    Kept.UNKNOWN_STAGE: N_("Its stage is not known"),
    Kept.UNKNOWN_ACTION: N_("Its action is not known"),
    Kept.UNKNOWN_OWNER: N_("Its rep is not known"),
    Kept.UNKNOWN_EVENT: N_("The event that it takes back is not known"),
    Kept.CONFLICT: N_("It says something else than before"),
    Kept.IMPOSSIBLE: N_("It cannot have happened when it says"),
}
MOST_WORDS = 50
MOST_EXAMPLES = 5


@dataclass(slots=True)
class Waiting:
    """The events that wait for one reason, and some of the words that nobody understood."""

    events: int = 0
    words: list[str] = field_of(default_factory=list)


@router.get("/data")
def index(request: Request, session: DbSession, _user: Reader) -> Response:
    """The sources, the events that wait, and the words that nobody has explained."""
    return _page(request, session, {})


@router.post("/data/words")
def say_word(
    request: Request, form: Posted, session: DbSession, now: Now, user: Reader
) -> Response:
    """Say which stage a word of a source means."""
    word, version_id = field(form, "word"), field(form, "version")
    try:
        of = version(session, int(version_id) if version_id.isdecimal() else 0)
        map_word(session, of, word, field(form, "stage"), by=user, now=now)
    except Refused as refusal:
        refused = Form({"stage": field(form, "stage")}, refusal.problems, _key(version_id, word))
        return _page(request, session, {refused.key: refused}, status=422)
    return see_other(request, "/data", MAPPED)


@router.post("/data/reps")
def say_rep(
    request: Request, form: Posted, session: DbSession, now: Now, user: Reader
) -> Response:
    """Say which rep a word of a source means."""
    word, rep = field(form, "word"), field(form, "rep")
    try:
        map_rep(session, word, rep, by=user, now=now)
    except Refused as refusal:
        refused = Form({"rep": rep}, refusal.problems, _key("r", word))
        return _page(request, session, {refused.key: refused}, status=422)
    return see_other(request, "/data", MAPPED)


def _page(
    request: Request, session: Session, refused: dict[str, Form], status: int = 200
) -> Response:
    zone = the_company(session).zone
    waiting = count_kept(session)
    words = [
        (each, refused.get(_form_key(each), _likely(each)), _options(each))
        for each in unknown_words(session)[:MOST_WORDS]
    ]
    reps = [
        (each, refused.get(_key("r", each.word), Form(key=_key("r", each.word))))
        for each in unknown_reps(session, limit=MOST_WORDS)
    ]
    context = {
        "sources": sources(session, zone=zone),
        "waiting": _by_reason(waiting),
        "total": sum(waiting.values()),
        "words": words,
        "known_words": known_words(session),
        "reps": reps,
        "rep_words": rep_words(session),
        "rep_options": [(str(each.id), each.name) for each in people.reps(session)],
        "why": WHY,
    }
    return render(request, "data/index.html", context, status=status)


def _by_reason(waiting: dict[tuple[Kept, str], int]) -> dict[Kept, Waiting]:
    found: dict[Kept, Waiting] = {}
    for (why, word), count in waiting.items():
        group = found.setdefault(why, Waiting())
        group.events += count
        if len(group.words) < MOST_EXAMPLES:
            group.words.append(word)
    return found


def _options(unknown: UnknownWord) -> list[tuple[str, str]]:
    """The stages that a word may mean."""
    stages = unknown.version.stages if unknown.version else []
    return [(stage.key, stage.name) for stage in stages]


def _likely(unknown: UnknownWord) -> Form:
    return Form({"stage": unknown.likely}, key=_form_key(unknown))


def _form_key(unknown: UnknownWord) -> str:
    return _key(str(unknown.version.id) if unknown.version else "", unknown.word)


def _key(version_id: str, word: str) -> str:
    # The begin of an element's id: no sign of the word may break it.
    return f"w{version_id}-{word.encode().hex()}"
