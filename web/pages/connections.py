"""Connections to CRMs: made, shown with what to enter there, and what they are told."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from experiments import process
from experiments.crm.adapters import Kind
from experiments.exchange import connections, outbox_telling
from experiments.exchange.connections import Connection, Telling
from experiments.problem import Refused
from experiments.users import Role, User
from web.deps import DbSession, Now, Posted, field, typed
from web.flash import flash
from web.forms import Form
from web.pages import render, see_other
from web.security import allow
from web.site import site_of
from web.texts import N_
from web.webhooks import public_address

router = APIRouter()
Admin = Annotated[User, allow(Role.ADMIN)]
HOME = "/settings/connections"

SAVED = flash("connection-saved", "good", "The connection is saved.")
TOLD = flash("connection-told", "good", "It will be told of every lead under test.")
CLOSED = flash("connection-closed", "warn", "It is heard no more. What it told stays.")
REOPENED = flash("connection-reopened", "good", "It is heard again.")
KINDS = (
    (Kind.HUBSPOT, N_("HubSpot")),
    (Kind.SALESFORCE, N_("Salesforce")),
    (Kind.PIPEDRIVE, N_("Pipedrive")),
    (Kind.STANDARD, N_("Another program (Standard Webhooks)")),
)


@router.get("/settings/connections")
def index(request: Request, session: DbSession, _user: Admin) -> Response:
    """The connections, and a form for another."""
    return _index(request, session, Form())


@router.post("/settings/connections")
def create(request: Request, form: Posted, session: DbSession, now: Now, user: Admin) -> Response:
    """Make a connection; a secret made here is shown on the answer, and never again."""
    try:
        made, secret = connections.create(
            session,
            field(form, "kind"),
            field(form, "name"),
            secret=field(form, "secret"),
            organization=field(form, "organization"),
            by=user,
            now=now,
        )
    except Refused as refusal:
        return _index(request, session, Form(typed(form), refusal.problems), status=422)
    return _show(request, session, made, secret=secret)


@router.get("/settings/connections/{connection_id}")
def show(request: Request, connection_id: int, session: DbSession, _user: Admin) -> Response:
    """What to enter in the CRM, and what the CRM is told."""
    return _show(request, session, connections.connection(session, connection_id))


@router.post("/settings/connections/{connection_id}")
def tell(
    request: Request, connection_id: int, form: Posted, session: DbSession, now: Now, user: Admin
) -> Response:
    """Change what the CRM is told."""
    found = connections.connection(session, connection_id)
    telling = Telling(
        field(form, "api_url"),
        field(form, "token"),
        field(form, "variant_field"),
        field(form, "writes_tasks") == "yes",
    )
    try:
        connections.set_telling(session, found, telling, by=user, now=now)
    except Refused as refusal:
        shown = Form(typed(form) | {"token": [""]}, refusal.problems)
        return _show(request, session, found, telling=shown, status=422)
    return see_other(request, f"{HOME}/{found.id}", SAVED)


@router.post("/settings/connections/{connection_id}/secret")
def renew(
    request: Request, connection_id: int, form: Posted, session: DbSession, now: Now, user: Admin
) -> Response:
    """Give it another secret."""
    found = connections.connection(session, connection_id)
    secret = connections.renew_secret(session, found, field(form, "secret"), by=user, now=now)
    return _show(request, session, found, secret=secret)


@router.post("/settings/connections/{connection_id}/pipelines")
def set_pipeline(
    request: Request, connection_id: int, form: Posted, session: DbSession, _user: Admin
) -> Response:
    """Say which process a pipeline's new leads follow."""
    found = connections.connection(session, connection_id)
    try:
        connections.set_pipeline(session, found, field(form, "word"), field(form, "process"))
    except Refused as refusal:
        shown = Form(typed(form), refusal.problems, key="p")
        return _show(request, session, found, pipeline=shown, status=422)
    return see_other(request, f"{HOME}/{found.id}", SAVED)


@router.post("/settings/connections/{connection_id}/pipelines/{pipeline_id}/drop")
def drop_pipeline(
    request: Request, connection_id: int, pipeline_id: int, session: DbSession, _user: Admin
) -> Response:
    """Forget what was said of a pipeline."""
    found = connections.connection(session, connection_id)
    connections.drop_pipeline(session, found, pipeline_id)
    return see_other(request, f"{HOME}/{found.id}", SAVED)


@router.post("/settings/connections/{connection_id}/tell-all")
def tell_all(
    request: Request, connection_id: int, session: DbSession, now: Now, _user: Admin
) -> Response:
    """Tell it which variant every lead follows that is in a test; what it knows is left out."""
    outbox_telling.tell_all(session, connections.connection(session, connection_id), now=now)
    return see_other(request, f"{HOME}/{connection_id}", TOLD)


@router.post("/settings/connections/{connection_id}/close")
def close(
    request: Request, connection_id: int, session: DbSession, now: Now, user: Admin
) -> Response:
    """Hear it no more."""
    connections.close(session, connections.connection(session, connection_id), by=user, now=now)
    return see_other(request, HOME, CLOSED)


@router.post("/settings/connections/{connection_id}/reopen")
def reopen(
    request: Request, connection_id: int, session: DbSession, now: Now, user: Admin
) -> Response:
    """Hear it again."""
    connections.reopen(session, connections.connection(session, connection_id), by=user, now=now)
    return see_other(request, HOME, REOPENED)


def _index(request: Request, session: Session, form: Form, status: int = 200) -> Response:
    context = {
        "form": form,
        "kinds": KINDS,
        "titles": dict(KINDS),
        "connections": connections.connections(session),
    }
    return render(request, "settings/connections.html", context, status=status)


def _show(
    request: Request,
    session: Session,
    found: Connection,
    *,
    secret: str = "",
    telling: Form | None = None,
    pipeline: Form | None = None,
    status: int = 200,
) -> Response:
    environ = site_of(request).environ
    stored = {
        "api_url": found.api_url,
        "variant_field": found.variant_field,
        "writes_tasks": "yes" if found.writes_tasks else "",
    }
    context = {
        "found": found,
        "title": dict(KINDS)[found.kind],
        "address": public_address(request, found),
        "is_public": bool(site_of(request).settings.public_url),
        "secret": secret,
        "secret_name": connections.secret_name(found),
        "secret_in_environment": connections.secret_name(found) in environ,
        "has_secret": bool(connections.credentials_of(found, environ).secret),
        "token_name": connections.token_name(found),
        "has_token": bool(connections.token_of(found, environ)),
        "telling": telling or Form(stored),
        "secret_form": Form(key="s"),
        "pipeline_form": pipeline or Form(key="p"),
        "processes": [(each.key, each.name) for each in process.processes(session)],
    }
    return render(request, "settings/connection.html", context, status=status)
