"""Processes: their list, one with its versions, writing and uploading them."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.datastructures import FormData, UploadFile
from starlette.responses import PlainTextResponse, Response

from experiments import process, process_draft
from experiments.company import the_company
from experiments.importing.process_file import Stored, read_process, store_process
from experiments.problem import Refused, problem
from experiments.process import Process, StageKind
from experiments.process_changes import ChangeKind, changes
from experiments.process_templates import template, templates
from experiments.process_use import uses
from experiments.users import User
from web import process_form
from web.deps import DbSession, Now, Posted, field, typed
from web.flash import flash
from web.forms import Form, names_of
from web.pages import reader_of, render, see_other
from web.rows import row_count
from web.security import STAFF, allow
from web.sentences import MILESTONES
from web.texts import N_

router = APIRouter()
Writer = Annotated[User, allow(*STAFF)]

CREATED = flash("process-created", "good", "The process is stored, as its version 1.")
REVISED = flash("process-revised", "good", "This is the new version. The older ones stay.")
UNCHANGED = flash("process-unchanged", "warn", "The file says what the newest version says.")
DONE = {Stored.CREATED: CREATED, Stored.REVISED: REVISED, Stored.UNCHANGED: UNCHANGED}

STANDS_FOR = MILESTONES | {
    StageKind.WON: N_("Won: the deal is made"),
    StageKind.LOST: N_("Lost: it is over"),
}
CHANGES = {
    ChangeKind.STAGE_ADDED: N_("The stage “{stage}” is new."),
    ChangeKind.STAGE_REMOVED: N_("The stage “{stage}” is gone."),
    ChangeKind.STAGE_RENAMED: N_("The stage “{was}” is now called “{stage}”."),
    ChangeKind.STAGES_MOVED: N_("The stages stand in another order."),
    ChangeKind.MILESTONE: N_("“{stage}” stands for another milestone."),
    ChangeKind.PURPOSE: N_("“{stage}” has another purpose."),
    ChangeKind.ROTTING: N_("In “{stage}”, leads may stand for another number of days."),
    ChangeKind.ACTION_ADDED: N_("In “{stage}”, the action “{what}” is new."),
    ChangeKind.ACTION_REMOVED: N_("In “{stage}”, the action “{what}” is gone."),
    ChangeKind.ACTION_RENAMED: N_("In “{stage}”, the action “{was}” is now called “{what}”."),
    ChangeKind.ACTION_CHANGED: N_("In “{stage}”, the action “{what}” is done differently."),
    ChangeKind.CRITERION_ADDED: N_("“{stage}” asks for more: “{what}”."),
    ChangeKind.CRITERION_REMOVED: N_("“{stage}” no longer asks for “{what}”."),
}
LARGEST_FILE = 1_000_000


@router.get("/processes")
def index(request: Request, session: DbSession, _user: Writer) -> Response:
    """Every process."""
    found = process.processes(session)
    context = {
        "processes": [(each, uses(session, each)) for each in found],
        "templates": templates(),
    }
    return render(request, "processes/list.html", context)


@router.get("/processes/new")
def begin(request: Request, session: DbSession, _user: Writer, start: str = "") -> Response:
    """An empty form, or one that begins with a template."""
    if not start:
        return _form(request, session, Form(process_form.blank()))
    draft = template(start, company=the_company(session).name)
    return _form(request, session, Form(process_form.values_of_draft(draft)))


@router.post("/processes/new")
def create(
    request: Request, form: Posted, session: DbSession, now: Now, _user: Writer
) -> Response:
    """Store a process, or show the form again with its stages rearranged."""
    if field(form, "act") not in ("", "save"):
        return _rearranged(request, session, form)
    try:
        draft = process_draft.checked(process_form.written(form, ""))
        version = process_draft.create(session, draft, now=now)
    except Refused as refusal:
        return _refused(request, session, form, refusal)
    return see_other(request, f"/processes/{version.process.key}", CREATED)


@router.get("/processes/upload")
def ask_file(request: Request, _user: Writer) -> Response:
    """The form for a file."""
    return render(request, "processes/upload.html", {"form": Form()})


@router.post("/processes/upload")
def upload(
    request: Request, form: Posted, session: DbSession, now: Now, _user: Writer
) -> Response:
    """Store the process of a YAML file: a new one, or a new version of the one with its key."""
    try:
        version, stored = store_process(session, read_process(_content(form)), now=now)
    except Refused as refusal:
        shown = Form({}, refusal.problems)
        return render(request, "processes/upload.html", {"form": shown}, status=422)
    return see_other(request, f"/processes/{version.process.key}", DONE[stored])


@router.get("/processes/{key}")
def show(
    request: Request, key: str, session: DbSession, _user: Writer, version: int | None = None
) -> Response:
    """A process as one of its versions says, the newest unless another is asked for."""
    found = process.process(session, key)
    shown = process.version_of(session, _reference(key, version))
    context = {
        "found": found,
        "version": shown,
        "use": uses(session, found)[shown.id],
        "milestones": MILESTONES,
    }
    return render(request, "processes/show.html", context)


@router.get("/processes/{key}/versions")
def history(request: Request, key: str, session: DbSession, _user: Writer) -> Response:
    """What each version changed, newest first, and who works by it."""
    found = process.process(session, key)
    wholes = [process.version(session, each.id) for each in found.versions]
    later = [(new, changes(old, new)) for old, new in pairwise(wholes)]
    context = {
        "found": found,
        "steps": [*reversed(later), (wholes[0], [])],
        "uses": uses(session, found),
        "sentences": CHANGES,
    }
    return render(request, "processes/versions.html", context)


@router.get("/processes/{key}/file")
def download(key: str, session: DbSession, _user: Writer, version: int | None = None) -> Response:
    """A version as the YAML file that can be uploaded again."""
    shown = process.version_of(session, _reference(key, version))
    # A key may hold letters of any script; a header may not.
    name = quote(f"{key}-{shown.number}.yaml")
    # Shown as the text it is, and saved under its name.
    headers = {"Content-Disposition": f"inline; filename*=UTF-8''{name}"}
    return PlainTextResponse(process_draft.write_yaml(shown), headers=headers)


@router.get("/processes/{key}/edit")
def open_form(request: Request, key: str, session: DbSession, _user: Writer) -> Response:
    """The form with the newest version, to make the next one from."""
    found = process.process(session, key)
    draft = process_draft.draft_of(process.version_of(session, key))
    return _form(request, session, Form(process_form.values_of_draft(draft)), found)


@router.post("/processes/{key}/edit")
def revise(
    request: Request, key: str, form: Posted, session: DbSession, now: Now, _user: Writer
) -> Response:
    """Store a new version, or show the form again with its stages rearranged."""
    found = process.process(session, key)
    if field(form, "act") not in ("", "save"):
        return _rearranged(request, session, form, found)
    try:
        draft = process_draft.checked(process_form.written(form, key))
        process_draft.revise(session, found, draft, now=now)
    except Refused as refusal:
        return _refused(request, session, form, refusal, found)
    return see_other(request, f"/processes/{key}", REVISED)


def _reference(key: str, version: int | None) -> str:
    return key if version is None else f"{key}@{version}"


def _content(form: FormData) -> bytes:
    file = form.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        raise Refused(problem("file", "Choose a file."))
    content = file.file.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        text = "A process file has at most {limit} MB."
        raise Refused(problem("file", text, limit=LARGEST_FILE // 1_000_000))
    return content


def _rearranged(
    request: Request, session: Session, form: FormData, found: Process | None = None
) -> Response:
    values, about = process_form.after(form, field(form, "act"))
    return _form(request, session, Form(values), found, about=about)


def _refused(
    request: Request,
    session: Session,
    form: FormData,
    refusal: Refused,
    found: Process | None = None,
) -> Response:
    shown = Form(typed(form), process_form.placed(refusal.problems, form))
    return _form(request, session, shown, found, status=422)


def _form(
    request: Request,
    session: Session,
    form: Form,
    found: Process | None = None,
    *,
    about: int = 0,
    status: int = 200,
) -> Response:
    say = reader_of(request).translations.gettext
    context: dict[str, Any] = {
        "form": form,
        "names": names_of(form.problems, process_form.TITLES, say=say),
        "found": found,
        "rows": row_count(form.values, "stages", "name"),
        "about": about,
        "added_at": process_form.added_at(form.values),
        "stands_for": [(each, say(STANDS_FOR[each])) for each in process_form.STANDS_FOR],
        "segments": process.segments(session),
    }
    return render(request, "processes/form.html", context, status=status)
