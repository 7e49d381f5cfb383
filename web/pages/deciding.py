"""What is decided about an experiment, and by which rules the report came to its advice."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request
from starlette.datastructures import FormData
from starlette.responses import Response

from experiments import proposal
from experiments.decision import Choice, Decision
from experiments.experiment import Experiment, experiment
from experiments.problem import Refused, problem
from experiments.report import Report, build
from experiments.users import User
from experiments.verdict import RECOMMENDED, RULES
from web.deps import DbSession, Now, Posted, field, typed
from web.flash import flash
from web.forms import Form
from web.pages import reader_of, render, see_other
from web.plan_shown import KINDS, control_first
from web.security import MANAGERS, allow
from web.wording import Words

router = APIRouter()
Manager = Annotated[User, allow(*MANAGERS)]

DECIDED = flash("decided", "good", "The decision is written down.")
PROPOSED = flash("proposed", "good", "Written down. It holds once a second person agrees.")
WITHDRAWN = flash("withdrawn", "good", "The proposal is taken back.")


@router.get("/experiments/{key}/decide")
def ask(request: Request, key: str, session: DbSession, now: Now, user: Manager) -> Response:
    """What the report says, and the choices; or what was decided, or waits."""
    found = experiment(session, key)
    waiting = proposal.proposal_on(session, found)
    return _page(request, found, build(session, found, now=now), user, Form(), waiting)


@router.post("/experiments/{key}/decide")
def decide(
    request: Request, key: str, form: Posted, session: DbSession, now: Now, user: Manager
) -> Response:
    """Write the decision down; against advice it waits for a second person."""
    found = experiment(session, key)
    report = build(session, found, now=now)
    try:
        choice, variant = _chosen(form)
        ruling = proposal.ruling_on(report, choice, variant=variant, reason=field(form, "reason"))
        taken = proposal.settle(session, found, ruling, by=user, now=now)
    except Refused as refusal:
        shown = Form(typed(form), refusal.problems)
        return _page(request, found, report, user, shown, status=422)
    message = DECIDED if isinstance(taken, Decision) else PROPOSED
    return see_other(request, f"/experiments/{key}/decide", message)


@router.post("/experiments/{key}/decide/second")
def second(request: Request, key: str, session: DbSession, now: Now, user: Manager) -> Response:
    """Agree with what somebody else proposed."""
    found = experiment(session, key)
    ready = build(session, found, now=now).ready
    proposal.second(session, found, ready=ready, by=user, now=now)
    return see_other(request, f"/experiments/{key}/decide", DECIDED)


@router.post("/experiments/{key}/decide/withdraw")
def withdraw(request: Request, key: str, session: DbSession, now: Now, user: Manager) -> Response:
    """Take a proposal back."""
    proposal.withdraw(session, experiment(session, key), by=user, now=now)
    return see_other(request, f"/experiments/{key}/decide", WITHDRAWN)


def _chosen(form: FormData) -> tuple[Choice, str | None]:
    """The choice, and the variant that it names: `adopt.demo-first`."""
    word, _, variant = field(form, "choice").partition(".")
    if word not in list(Choice):
        raise Refused(problem("choice", "Choose what you decide."))
    return Choice(word), variant or None


def _page(
    request: Request,
    found: Experiment,
    report: Report,
    user: User,
    form: Form,
    waiting: proposal.Proposal | None = None,
    *,
    status: int = 200,
) -> Response:
    control, *treatments = control_first(found.variants)
    context = {
        "found": found,
        "report": report,
        "words": Words(reader_of(request)),
        "form": form,
        "control": control,
        "treatments": treatments,
        "advised": RECOMMENDED[report.verdict],
        "rules": RULES[: RULES.index(report.rule) + 1],
        "winner": report.winner.variant.key if report.winner else None,
        "decidable": report.ready,
        "waiting": waiting,
        "is_own": bool(waiting and waiting.by_id == user.id),
        "kinds": KINDS,
    }
    return render(request, "experiments/decide.html", context, status=status)
