"""A CRM's past by its API: every deal with the stages that it went through, as events.

What each API answers is in its documentation; a page of it at a time is held.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from urllib.parse import quote

from experiments.crm.adapters import Kind
from experiments.crm.push import moment_of, needed, text_of, value_of
from experiments.crm.writing import SALESFORCE_API, Target
from experiments.problem import Refused, problem

# Fetches the JSON at a path of the API.
Fetch = Callable[[str], Any]
Event = dict[str, Any]

_HUBSPOT = (
    "/crm/v3/objects/deals?limit=50&properties=dealname,amount,createdate,deal_currency_code"
    "&propertiesWithHistory=dealstage,hubspot_owner_id"
)
_DEALS = "SELECT Id, Name, CreatedDate, OwnerId, Amount, LastModifiedDate FROM Opportunity"
_MOVES = (
    "SELECT OpportunityId, StageName, CreatedDate FROM OpportunityHistory "
    "ORDER BY OpportunityId, CreatedDate"
)
_ENDS = ("won", "lost")


@dataclass(frozen=True, slots=True)
class Past:
    """What is asked for.

    Args:
        source: Of the events.
        currency: Of amounts that stand without one.
    """

    source: str
    currency: str


def headers_for(target: Target) -> dict[str, str]:
    """How a request proves that it is ours."""
    if target.kind is Kind.PIPEDRIVE:
        return {"x-api-token": target.token}
    return {"Authorization": f"Bearer {target.token}"}


def events_of(kind: Kind, past: Past, fetch: Fetch) -> Iterator[list[Event]]:
    """The events of the past, some deals at a time. Raises Refused for a kind without an API."""
    if kind not in _READERS:
        raise Refused(problem("connection", "Only a CRM can be asked for its past."))
    return _READERS[kind](past, fetch)


def _hubspot(past: Past, fetch: Fetch) -> Iterator[list[Event]]:
    after = ""
    while True:
        page = fetch(_HUBSPOT + (f"&after={quote(after)}" if after else ""))
        yield [event for deal in page["results"] for event in _hubspot_deal(past, deal)]
        after = str(((page.get("paging") or {}).get("next") or {}).get("after", ""))
        if not after:
            return


def _hubspot_deal(past: Past, deal: Mapping[str, Any]) -> Iterator[Event]:
    lead, fields = needed(deal, "id"), deal["properties"]
    begun = moment_of(fields, "createdate")
    yield _created(past, lead, begun, text_of(fields, "dealname"))
    told = deal.get("propertiesWithHistory") or {}
    for name, kind, field in (
        ("hubspot_owner_id", "owner_changed", "owner_id"),
        ("dealstage", "stage_entered", "stage"),
    ):
        for version in told.get(name) or []:
            at, word = moment_of(version, "timestamp"), text_of(version, "value")
            if word:
                yield _event(past, lead, kind, at, **{field: word})
    yield from _value(
        past, lead, begun, text_of(fields, "amount"), text_of(fields, "deal_currency_code")
    )


def _salesforce(past: Past, fetch: Fetch) -> Iterator[list[Event]]:
    for page in _salesforce_pages(fetch, _DEALS):
        yield [event for deal in page for event in _salesforce_deal(past, deal)]
    # The last row of a page is the neighbour of the next page's first.
    last: Mapping[str, Any] = {}
    for page in _salesforce_pages(fetch, _MOVES):
        yield [
            _event(
                past,
                needed(row, "OpportunityId"),
                "stage_entered",
                moment_of(row, "CreatedDate"),
                stage=needed(row, "StageName"),
            )
            for before, row in pairwise([last, *page])
            if _stood(before) != _stood(row)
        ]
        last = page[-1] if page else last


def _stood(row: Mapping[str, Any]) -> tuple[Any, Any]:
    """A snapshot is taken at each save: neighbours in the same stage are no move."""
    return row.get("OpportunityId"), row.get("StageName")


def _salesforce_pages(fetch: Fetch, query: str) -> Iterator[list[Mapping[str, Any]]]:
    path = f"/services/data/{SALESFORCE_API}/query?q={quote(query)}"
    while path:
        page = fetch(path)
        yield page["records"]
        path = str(page.get("nextRecordsUrl") or "")


def _salesforce_deal(past: Past, deal: Mapping[str, Any]) -> Iterator[Event]:
    lead, begun = needed(deal, "Id"), moment_of(deal, "CreatedDate")
    yield _created(past, lead, begun, text_of(deal, "Name"))
    if owner := text_of(deal, "OwnerId"):
        yield _event(past, lead, "owner_changed", begun, owner_id=owner)
    yield from _value(past, lead, begun, text_of(deal, "Amount"), "")


def _pipedrive(past: Past, fetch: Fetch) -> Iterator[list[Event]]:
    cursor = ""
    while True:
        page = fetch("/api/v2/deals?limit=100" + (f"&cursor={quote(cursor)}" if cursor else ""))
        for deal in page["data"] or []:
            yield list(_pipedrive_deal(past, deal, _changes(fetch, needed(deal, "id"))))
        cursor = str((page.get("additional_data") or {}).get("next_cursor") or "")
        if not cursor:
            return


def _changes(fetch: Fetch, deal: str) -> list[Mapping[str, Any]]:
    """The changes of a deal's fields, oldest first."""
    found: list[Mapping[str, Any]] = []
    start: Any = 0
    while True:
        page = fetch(f"/v1/deals/{deal}/flow?items=dealChange&all_changes=1&start={start}")
        found += [each["data"] for each in page["data"] or [] if each["object"] == "dealChange"]
        more = (page.get("additional_data") or {}).get("pagination") or {}
        if not more.get("more_items_in_collection"):
            return sorted(found, key=lambda each: str(each.get("log_time")))
        start = more["next_start"]


def _pipedrive_deal(
    past: Past, deal: Mapping[str, Any], changes: list[Mapping[str, Any]]
) -> Iterator[Event]:
    lead, begun = needed(deal, "id"), moment_of(deal, "add_time")
    yield _created(past, lead, begun, text_of(deal, "title"))
    for key, name, kind, field in (
        ("user_id", "owner_id", "owner_changed", "owner_id"),
        ("stage_id", "stage_id", "stage_entered", "stage"),
    ):
        moves = [each for each in changes if each.get("field_key") == key]
        # Where it stood at first is what the first change says it was before.
        first = text_of(moves[0], "old_value") if moves else text_of(deal, name)
        if first:
            yield _event(past, lead, kind, begun, **{field: first})
        for move in moves:
            at, word = moment_of(move, "log_time"), needed(move, "new_value")
            yield _event(past, lead, kind, at, **{field: word})
    for change in changes:
        if change.get("field_key") == "status" and text_of(change, "new_value") in _ENDS:
            at, word = moment_of(change, "log_time"), text_of(change, "new_value")
            yield _event(past, lead, "stage_entered", at, stage=word)
    yield from _value(past, lead, begun, text_of(deal, "value"), text_of(deal, "currency"))


def _created(past: Past, lead: str, at: str | None, name: str) -> Event:
    made = _event(past, lead, "created", at)
    return made | {"source_id": f"deal:{lead}:created", "name": name[:200]}


def _value(past: Past, lead: str, at: str | None, amount: str, currency: str) -> Iterator[Event]:
    # The API tells the present amount only: it is taken for that of the beginning.
    if amount:
        value = value_of(amount, currency or past.currency)
        yield _event(past, lead, "value_changed", at, value=value)


def _event(past: Past, lead: str, kind: str, at: str | None, **said: Any) -> Event:
    if at is None:
        text = "The deal {deal} has no time for a {kind}."
        raise Refused(problem("time", text, deal=lead, kind=kind))
    word = next((str(value) for value in said.values()), "")
    return {
        "source": past.source,
        "source_id": f"past:{lead}:{kind}:{word}:{at}"[:200],
        "type": kind,
        "lead_id": lead,
        "occurred_at": at,
        **said,
    }


_READERS: dict[Kind, Callable[[Past, Fetch], Iterator[list[Event]]]] = {
    Kind.HUBSPOT: _hubspot,
    Kind.SALESFORCE: _salesforce,
    Kind.PIPEDRIVE: _pipedrive,
}
