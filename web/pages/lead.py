"""One lead: where it stands and how it came there, what to do, where it can go."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.responses import Response

from experiments import moving
from experiments.deed import LONGEST_REASON, Deed
from experiments.lead_story import Story, story_of
from experiments.leads import Lead, lead
from experiments.moving import Stale
from experiments.problem import NotFound, Refused, problem
from experiments.process import ExitCriterion, StageKind, versions
from experiments.users import Role, User
from web.deps import DbSession, Now, Posted, field, typed
from web.flash import flash
from web.forms import Form
from web.pages import reader_of, render, see_other
from web.pages.leads import Reading, lead_path
from web.security import MANAGERS, allow, local_path
from web.texts import N_

router = APIRouter()
MOVERS = (*MANAGERS, Role.REP)

NOTED = flash("noted", "good", "Noted as done.")
UNDONE = flash("undone", "good", "Taken back: the lead is where it was.")
CHOSEN = flash("process-chosen", "good", "The lead follows this process from now on.")

LOST_REASONS = (
    N_("No budget"),
    N_("Chose somebody else"),
    N_("Stays with what they have"),
    N_("Not now"),
    N_("No answer any more"),
    N_("We do not fit"),
)
# Afterwards a move is taken back from the history.
UNDO_OFFERED = timedelta(hours=1)
FORMS = ("on", "other", "lost", "reopen", "process")


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person asks for concerning a lead that they may change."""

    request: Request
    session: Session
    form: FormData
    now: datetime
    user: User
    lead: Lead

    def field(self, name: str) -> str:
        """One value of the form."""
        return field(self.form, name)

    @property
    def met(self) -> set[int]:
        """The places of the exit criteria that were ticked."""
        return {int(each) for each in typed(self.form).get("met", []) if each.isdecimal()}

    def refusal(self, act: Callable[[Deed], None]) -> Response | None:
        """Do it; where it is refused, the lead's page with what was typed and what is wrong."""
        try:
            act(Deed(self.field("mark"), self.user, self.now))
        except Refused as refusal:
            # The page shows the lead as it is in the store, not as this form would have it.
            self.session.rollback()
            return self._refused(refusal)
        return None

    def _refused(self, refusal: Refused) -> Response:
        context = _context(self.request, self.session, self.lead, self.user, self.now)
        name = self.field("form")
        form = Form(
            typed(self.form), refusal.problems, key=name if name in context["forms"] else "f"
        )
        shown = context | {"refused": form, "forms": context["forms"] | {form.key: form}}
        status = 409 if isinstance(refusal, Stale) else 422
        return render(self.request, "leads/lead.html", shown, status)


def _wish(
    request: Request,
    external_id: str,
    form: Posted,
    session: DbSession,
    now: Now,
    user: Annotated[User, allow(*MOVERS)],
) -> Wish:
    return Wish(request, session, form, now, user, _visible(session, external_id, user))


Asked = Annotated[Wish, Depends(_wish)]


@router.get("/leads/{external_id:path}")
def show(
    request: Request, external_id: str, session: DbSession, now: Now, user: Reading
) -> Response:
    """The page of a lead."""
    found = _visible(session, external_id, user)
    return render(request, "leads/lead.html", _context(request, session, found, user, now))


@router.post("/leads/{external_id:path}/move")
def move(asked: Asked) -> Response:
    """Move a lead into another stage."""
    why, own = asked.field("why"), asked.field("reason").strip()
    reason = ": ".join(each for each in (why if why in LOST_REASONS else "", own) if each)

    def act(deed: Deed) -> None:
        stage, seen = asked.field("stage"), asked.field("seen")
        moving.move(
            asked.session, asked.lead, stage, seen=seen, reason=reason, met=asked.met, deed=deed
        )

    return asked.refusal(act) or see_other(asked.request, lead_path(asked.lead))


@router.post("/leads/{external_id:path}/actions")
def note_action(asked: Asked) -> Response:
    """Tick an action of the present stage, or take its tick back."""
    change = moving.untick if asked.field("done") == "no" else moving.tick

    def act(deed: Deed) -> None:
        change(asked.session, asked.lead, asked.field("action"), deed=deed)

    refused = asked.refusal(act)
    if refused:
        return refused
    if asked.field("next"):
        return see_other(asked.request, local_path(asked.field("next")), NOTED)
    return see_other(asked.request, lead_path(asked.lead) + "#to-do")


@router.post("/leads/{external_id:path}/skip")
def skip_action(asked: Asked) -> Response:
    """Say that an action of the present stage will not be done, and why."""

    def act(deed: Deed) -> None:
        action, reason = asked.field("action"), asked.field("reason")
        moving.skip(asked.session, asked.lead, action, reason=reason, deed=deed)

    return asked.refusal(act) or see_other(asked.request, lead_path(asked.lead) + "#to-do")


@router.post("/leads/{external_id:path}/undo")
def undo(asked: Asked) -> Response:
    """Take back one's own latest move."""

    def act(deed: Deed) -> None:
        moving.undo(asked.session, asked.lead, asked.field("event"), deed=deed)

    return asked.refusal(act) or see_other(asked.request, lead_path(asked.lead), UNDONE)


@router.post("/leads/{external_id:path}/process", dependencies=[allow(*MANAGERS)])
def choose_process(asked: Asked) -> Response:
    """Say which process a lead without one follows."""

    def act(deed: Deed) -> None:
        chosen = asked.field("version")
        wanted = next((each for each in versions(asked.session) if str(each.id) == chosen), None)
        if wanted is None:
            raise Refused(problem("version", "Choose a process."))
        moving.follow(asked.session, asked.lead, wanted, deed=deed)

    return asked.refusal(act) or see_other(asked.request, lead_path(asked.lead), CHOSEN)


def new_mark() -> str:
    """The mark of a page's forms, by which one that is sent twice is known."""
    return secrets.token_urlsafe(16)


def reason_parts(reason: str) -> tuple[str, str]:
    """A stored reason as one of `LOST_REASONS`, to be translated, and the person's own words."""
    known, _, own = reason.partition(": ")
    return (known, own) if known in LOST_REASONS else ("", reason)


def _visible(session: Session, external_id: str, user: User) -> Lead:
    """The lead, if this person may see it: a rep sees no one else's, nor that there is one."""
    # PostgreSQL holds no NUL and would refuse the whole query.
    found = lead(session, external_id) if "\0" not in external_id else None
    mine = found and found.owner and found.owner.user_id == user.id
    if found is None or (user.role is Role.REP and not mine):
        raise NotFound("lead", external_id)
    return found


def _context(
    request: Request, session: Session, found: Lead, user: User, now: datetime
) -> dict[str, Any]:
    story = story_of(session, found, reader=user, now=now)
    say = reader_of(request).translations.gettext
    may_choose = found.version is None and user.role in MANAGERS
    return {
        "story": story,
        "lead": found,
        "href": lead_path(found),
        "forms": {name: Form(key=name) for name in (*FORMS, *_skips(story))},
        "refused": Form(),
        "mark": new_mark(),
        "may_move": user.role in MOVERS,
        "may_choose": may_choose,
        "choices": [(each.id, each.title) for each in versions(session)] if may_choose else [],
        "options": _options(story, say),
        "undo_offered": story.undo is not None and now - story.undo.recorded_at < UNDO_OFFERED,
        "lost_reasons": [(each, say(each)) for each in LOST_REASONS],
        "longest_reason": LONGEST_REASON,
        "reason_parts": reason_parts,
        "is_rep": user.role is Role.REP,
        "criteria": [(each.position, each.text) for each in _criteria(found)],
    }


def _skips(story: Story) -> list[str]:
    """The names of the forms by which steps are skipped."""
    return [f"skip-{each.action.id}" for each in story.to_do]


def _criteria(found: Lead) -> list[ExitCriterion]:
    """What has to be true before it moves on; nothing where it has come to an end."""
    stage = found.stage
    return stage.exit_criteria if stage and stage.kind is StageKind.OPEN else []


def _options(story: Story, say: Callable[[str], str]) -> dict[str, list[tuple[str, str]]]:
    """The stages that each form offers: key and name."""
    at = story.lead.stage.position if story.lead.stage else -1
    back = say(N_("back to {stage}"))
    return {
        "other": [
            (each.key, back.format(stage=each.name) if each.position < at else each.name)
            for each in story.other_stages
        ],
        "reopen": [(each.key, each.name) for each in story.other_stages],
        "lost": [(each.key, each.name) for each in story.lost_stages],
    }
