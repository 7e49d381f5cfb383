"""The words of the audit log: what was done, and upon what."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from experiments.access.audit_log import Kind, Subject, subject_of
from experiments.audit import AuditEntry
from experiments.decision import Choice
from web.insight_texts import CHOICES
from web.texts import N_

ACTS = {
    "created": N_("Planned"),
    "copied": N_("Copied from"),
    "approved": N_("Plan approved"),
    "archived": N_("Put away"),
    "unarchived": N_("Taken out again"),
    "changed": N_("Plan changed"),
    "launched": N_("Launched"),
    "let join": N_("A rep joined"),
    "paused": N_("Paused"),
    "resumed": N_("Resumed"),
    "closed enrolment": N_("Enrolment closed by hand"),
    "stopped": N_("Stopped"),
    "opened early": N_("Effects opened early"),
    "took look": N_("Planned look taken"),
    "began a phase": N_("Changed: a new phase began"),
    "shared the report": N_("Report shared by a link"),
    "ended a shared link": N_("Shared link ended"),
    "proposed": N_("Decision proposed"),
    "withdrew": N_("Proposed decision taken back"),
    "decided": N_("Decided"),
    "change password": N_("Password changed"),
    "change role": N_("Role changed"),
    "close account": N_("Account closed"),
    "reopen account": N_("Account opened again"),
    "add second factor": N_("Second factor added"),
    "drop second factor": N_("Second factor dropped"),
    "make sign-in link": N_("Link to choose a password made"),
    "set password by link": N_("Password chosen by a link"),
    "connected": N_("Connected"),
    "changed the secret": N_("Secret changed"),
    "changed what is told": N_("What it is told changed"),
    "closed": N_("Connection closed"),
    "reopened": N_("Connection opened again"),
    "mapped": N_("A source’s word explained"),
    "imported": N_("File imported"),
    "took back an import": N_("Import taken back"),
    "chose a process": N_("Process chosen"),
    "set standing": N_("Standing process set"),
    "stage_entered": N_("Moved to a stage"),
    "action_done": N_("Action ticked"),
    "action_skipped": N_("Action skipped"),
    "erased personal data": N_("Personal data erased"),
    "left": N_("A rep left"),
    "came back": N_("A rep came back"),
    "handed over": N_("Open leads handed over"),
    "voided": N_("Taken back"),
}
# Of the other acts the detail has a place of its own: the plan's hash, the choice.
DETAILED = ("copied", "stopped", "took look", "let join", "began a phase", "left", "handed over")
# Of a decision the detail is what was chosen; of a launch the plan's hash, told this far.
DECIDING = ("decided", "proposed", "withdrew")
HASH_SHOWN = 12
KINDS = {
    Kind.EXPERIMENT: N_("Experiment"),
    Kind.PROCESS: N_("Process"),
    Kind.SEGMENT: N_("Segment"),
    Kind.LEAD: N_("Lead"),
    Kind.SOURCE: N_("Source"),
    Kind.REP: N_("Rep"),
    Kind.REP_NAMES: N_("Names of reps"),
    Kind.ACCOUNT: N_("Account"),
    Kind.CONNECTION: N_("Connection"),
}
_PATHS = {
    Kind.EXPERIMENT: "/experiments/{}/plan",
    Kind.PROCESS: "/processes/{}",
    Kind.LEAD: "/leads/{}",
    Kind.CONNECTION: "/settings/connections/{}",
}


@dataclass(frozen=True, slots=True)
class Act:
    """A line of the log, in the reader's words.

    `href` is empty where nothing opens, and `by` for the command line.
    """

    at: datetime
    by: str
    act: str
    kind: str
    about: str
    href: str
    detail: str


def act_of(entry: AuditEntry, names: Mapping[Subject, str], *, say: Callable[[str], str]) -> Act:
    """An entry as the page shows it.

    Args:
        names: Of experiments and connections.
        say: Translates a text.
    """
    subject = subject_of(entry)
    path = _PATHS.get(subject.kind, "")
    known = subject.kind is not Kind.EXPERIMENT or subject in names
    return Act(
        at=entry.at,
        by=entry.by.name if entry.by else "",
        act=say(ACTS.get(entry.act, entry.act)),
        kind=say(KINDS[subject.kind]),
        about=names.get(subject, subject.name),
        href=path.format(quote(subject.name, safe="")) if known else "",
        detail=_detail(entry, say),
    )


def _detail(entry: AuditEntry, say: Callable[[str], str]) -> str:
    if entry.act == "launched":
        return entry.detail[:HASH_SHOWN]
    if entry.act in DECIDING and entry.detail in list(Choice):
        return say(CHOICES[Choice(entry.detail)])
    return entry.detail
