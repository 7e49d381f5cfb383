"""A connected CRM's past, asked for by its API and ingested."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx2
from sqlalchemy.orm import Session

from experiments.company import the_company
from experiments.crm.answers import Answered, next_try
from experiments.crm.past import Past, events_of, headers_for
from experiments.crm.writing import Target
from experiments.exchange.connections import Connection, token_of
from experiments.exchange.outbox_sending import Denied, signed_in
from experiments.exchange.snapshots import without_what_stands
from experiments.importing import batches
from experiments.ingest import ingest
from experiments.problem import Refused, problem
from experiments.records import read_event

MOST_TRIES = 6
LONGEST_WAIT = timedelta(minutes=2)
Sleep = Callable[[float], None]


@dataclass(slots=True)
class PastTold:
    """What came of it, in events; each is in exactly one of the four."""

    accepted: int = 0
    repeated: int = 0
    waiting: int = 0
    refused: int = 0
    first_fault: str = ""


def import_past(
    session: Session,
    found: Connection,
    client: httpx2.Client,
    *,
    environ: Mapping[str, str],
    now: datetime,
    sleep: Sleep = time.sleep,
    progress: Callable[[int], None] | None = None,
) -> PastTold:
    """Ask a CRM for every deal and its stages; what is known already is a repeat.

    Raises:
        Refused: where it has no API here, no token, or does not answer; nothing is stored then.
    """
    company = the_company(session)
    target = Target(found.kind, found.api_url, token_of(found, environ), "")
    if not target.token or not target.url:
        text = "The connection {name} has no address or token for its API."
        raise Refused(problem("connection", text, name=found.name))
    try:
        fetch = _fetcher(client, signed_in(client, target), sleep, now)
    except Denied as denied:
        raise Refused(problem("connection", "{fault}", fault=denied.answered.fault)) from None
    except httpx2.HTTPError as error:
        raise Refused(problem("connection", "{fault}", fault=str(error))) from None
    told = PastTold()
    for events in events_of(found.kind, Past(found.name, company.currency), fetch):
        rows = [(at, read_event(each, zone=company.zone)) for at, each in enumerate(events)]
        new = without_what_stands(session, rows, snapshots=False)
        result = ingest(session, batches.revived(session, new), now=now)
        told.accepted += result.accepted
        told.repeated += result.duplicates + len(rows) - len(new)
        told.waiting += sum(each.kept for each in result.rejected)
        faults = [each.problem for each in result.rejected if not each.kept]
        told.refused += len(faults)
        told.first_fault = told.first_fault or (str(faults[0]) if faults else "")
        if progress:
            progress(told.accepted + told.repeated)
    if told.accepted:
        file = f"API of {found.name}"
        batches.note(
            session, found.name, file=file, leads=0, events=told.accepted, by=None, now=now
        )
    return told


def _fetcher(
    client: httpx2.Client, target: Target, sleep: Sleep, now: datetime
) -> Callable[[str], Any]:
    def fetch(path: str) -> Any:
        for tries in range(1, MOST_TRIES + 1):
            answered, value = _get(client, target, path)
            if answered.taken:
                return value
            again = next_try(answered, tries, chance=0.5, now=now)
            if again is None or tries == MOST_TRIES:
                break
            sleep(min(again - now, LONGEST_WAIT).total_seconds())
        text = "The CRM does not answer as it should: {fault}"
        raise Refused(problem("connection", text, fault=answered.fault[:300]))

    return fetch


def _get(client: httpx2.Client, target: Target, path: str) -> tuple[Answered, Any]:
    try:
        response = client.get(target.url + path, headers=headers_for(target))
        headers = {name.lower(): value for name, value in response.headers.items()}
        answered = Answered(response.status_code, response.text[:300], headers)
        return answered, response.json() if answered.taken else None
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        return Answered(0, f"{type(error).__name__}: {error}"), None
    except ValueError:
        return Answered(400, "the answer is not JSON"), None
