"""Bringing a deals file: it is uploaded, checked by a dry run, then imported on a yes."""

from __future__ import annotations

import io
from datetime import date, datetime
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.datastructures import FormData, UploadFile
from starlette.responses import Response

from experiments import process, uploads
from experiments.company import the_company
from experiments.crm.header import read_told
from experiments.importing.deals import Request as ImportRequest
from experiments.importing.deals import import_deals
from experiments.importing.result import Imported
from experiments.problem import Problem, Refused, problem
from experiments.tables.refused import write_refused
from experiments.tables.table_file import TableFile, open_bytes
from experiments.uploads import Upload
from experiments.users import User
from web.deps import DbSession, Now, Posted, field, typed
from web.flash import flash
from web.forms import Form
from web.pages import import_columns, render, see_other
from web.pages.field_titles import FIELD_TITLES
from web.security import STAFF, allow

router = APIRouter()
Bringer = Annotated[User, allow(*STAFF)]

IMPORTED = flash("imported", "good", "The file is imported. What it could not place waits below.")
DROPPED = flash("import-dropped", "warn", "Nothing was imported; the file is forgotten.")
PARTS = ("deals", "history", "people")
ANSWERS = ("process", "source", "complete_through", "currency", "columns")
SHOWN_ROWS = 20
# Where the domain finds a fault → the field of the form that can mend it.
FIELDS = {"file": "deals", "header": "columns", "map": "columns", "encoding": "deals"}


@router.get("/data/import")
def ask(request: Request, session: DbSession, _user: Bringer) -> Response:
    """The form for the files."""
    return _form(request, session, Form())


@router.post("/data/import")
def check(request: Request, form: Posted, session: DbSession, now: Now, user: Bringer) -> Response:
    """Keep the files, and show what importing them would do."""
    try:
        upload = _keep(session, form, user, now)
        found = import_deals(session, _request(upload), now=now, dry_run=True)
    except Refused as refusal:
        if any(each.where == "header" for each in refusal.problems):
            titles = import_columns.titles(_table(upload, "deals"))
            if titles:
                return import_columns.ask(request, upload.token, titles)
        shown = Form(typed(form), tuple(map(_on_the_form, refusal.problems)))
        return _form(request, session, shown, status=422)
    return _found(request, upload, found)


@router.post("/data/import/{token}/columns")
def say_columns(
    request: Request, token: str, form: Posted, session: DbSession, now: Now, user: Bringer
) -> Response:
    """Say which column holds what, where the header tells nothing; then check again."""
    upload = uploads.kept_upload(session, token, by=user)
    titles = import_columns.titles(_table(upload, "deals"))
    said = upload.said["columns"] + "\n" + import_columns.lines(form, titles)
    uploads.answer(session, upload, "columns", said)
    try:
        found = import_deals(session, _request(upload), now=now, dry_run=True)
    except Refused as refusal:
        shown = Form(
            typed(form), tuple(Problem("", p.message, p.values) for p in refusal.problems)
        )
        return import_columns.ask(request, token, titles, shown)
    return _found(request, upload, found)


def _found(request: Request, upload: Upload, found: Imported) -> Response:
    context = {
        "token": upload.token,
        "found": found,
        "shown_rows": found.refused[:SHOWN_ROWS],
        "titles": FIELD_TITLES,
    }
    return render(request, "data/check.html", context)


@router.post("/data/import/{token}")
def confirm(request: Request, token: str, session: DbSession, now: Now, user: Bringer) -> Response:
    """Import the files for good."""
    upload = uploads.kept_upload(session, token, by=user)
    import_deals(session, _request(upload), now=now, by=user)
    uploads.drop(session, upload)
    return see_other(request, "/data", IMPORTED)


@router.post("/data/import/{token}/drop")
def drop(request: Request, token: str, session: DbSession, user: Bringer) -> Response:
    """Forget the files."""
    uploads.drop(session, uploads.kept_upload(session, token, by=user))
    return see_other(request, "/data/import", DROPPED)


@router.post("/data/import/{token}/refused")
def refused(token: str, session: DbSession, now: Now, user: Bringer) -> Response:
    """The rows of the deals file that would be refused, each with its reason, as CSV."""
    asked = _request(uploads.kept_upload(session, token, by=user))
    found = import_deals(session, asked, now=now, dry_run=True)
    stream = io.StringIO()
    write_refused(stream, asked.deals, found.refused)
    name = quote("refused-" + asked.deals.name)
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
    # The mark lets spreadsheets see that it is UTF-8.
    text = "\ufeff" + stream.getvalue()
    return Response(text, media_type="text/csv; charset=utf-8", headers=headers)


def _keep(session: Session, form: FormData, user: User, now: datetime) -> Upload:
    files = {part: content for part in PARTS if (content := _content(form, part))}
    if "deals" not in files:
        raise Refused(problem("deals", "Choose the file with the deals."))
    _day(field(form, "complete_through"))
    answers = {name: field(form, name).strip() for name in ANSWERS}
    return uploads.keep(session, files, answers, by=user, now=now)


def _content(form: FormData, part: str) -> tuple[str, bytes] | None:
    brought = form.get(part)
    if not isinstance(brought, UploadFile) or not brought.filename:
        return None
    return brought.filename, brought.file.read()


def _request(upload: Upload) -> ImportRequest:
    deals = _table(upload, "deals")
    if deals is None:
        raise Refused(problem("deals", "Choose the file with the deals."))
    said = upload.said
    own, of_history = read_told(line for line in said["columns"].splitlines() if line.strip())
    return ImportRequest(
        deals=deals,
        history=_table(upload, "history"),
        people=_table(upload, "people"),
        columns=own,
        history_columns=of_history,
        process=said["process"],
        source=said["source"],
        complete_through=_day(said["complete_through"]),
        currency=said["currency"],
    )


def _table(upload: Upload, part: str) -> TableFile | None:
    brought = upload.file(part)
    if brought is None:
        return None
    try:
        return open_bytes(brought.content, brought.name)
    except Refused as refusal:
        raise Refused(
            *(Problem(part, each.message, each.values) for each in refusal.problems)
        ) from None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        found = problem("complete_through", "{text} is no day.", text=text)
        raise Refused(found) from None


def _on_the_form(found: Problem) -> Problem:
    where = FIELDS.get(found.where, found.where)
    known = where in (*PARTS, *ANSWERS)
    return Problem(where if known else "", found.message, found.values)


def _form(request: Request, session: Session, form: Form, status: int = 200) -> Response:
    context = {
        "form": form,
        "company": the_company(session),
        "processes": [(each.key, each.name) for each in process.processes(session)],
        "mapped": bool(form.value("columns")) or form.problem_at("columns") is not None,
    }
    return render(request, "data/import.html", context, status=status)
