"""What an attacker would try, on every address; docs/security.md lists what came of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from experiments import experiment_draft, life, people, process, process_draft, users
from experiments.company import Company
from experiments.ingest import ingest_events
from experiments.people import Rep
from experiments.users import Role, User
from tests.conftest import count_rows
from tests.web.conftest import PASSWORD, Clock, SignIn
from tests.web.test_access import RULES
from tests.web.test_sign_in import csrf

SCRIPT = "<script>alert(1)</script>"
MARK = f"{SCRIPT}\"'><img src=x onerror=alert(2)>"
INJECTIONS = [
    "' OR '1'='1",
    "1; DROP TABLE leads; --",
    "%' UNION SELECT password_hash FROM users --",
]
LINK = re.compile(r'href="(/[^"#]*)')
NO_PAGE = re.compile(r"^/(static|sign-out)|\.(json|csv|ics|svg)|/file")


@pytest.fixture
def poisoned(
    session: Session, company: Company, user: Callable[[Role], User], now: datetime
) -> Rep:
    """A company in which every text that anybody may write is an attack."""
    company.name = MARK
    team = people.add_team(session, MARK, segment=MARK[:60], manager=MARK)
    reps = [
        people.add_rep(session, f"{n}{MARK}", external_id=f"r{n}", team=team, now=now)
        for n in range(6)
    ]
    people.give_account(session, reps[0], user(Role.REP))
    stages = [
        {
            "name": f"{name}{MARK}",
            "milestone": name,
            "purpose": MARK,
            "actions": [{"name": f"{name}{MARK}", "kind": "call", "instructions": MARK}],
            "exit_criteria": [MARK],
        }
        for name in ("lead", "qualified", "demo", "proposal")
    ]
    ends = [{"name": "Won", "kind": "won"}, {"name": "Lost", "kind": "lost", "purpose": MARK}]
    written = {
        "name": MARK,
        "key": "bad",
        "segment": MARK[:60],
        "description": MARK,
        "stages": [*stages, *ends],
    }
    version = process_draft.create(session, process_draft.checked(written), now=now)
    process.adopt(session, version.process.segment, version, now=now)
    plan = {
        "name": MARK,
        "key": "bad-test",
        "hypothesis": MARK,
        "variants": [
            {"name": f"one {MARK}", "process": "bad", "control": True},
            {"name": f"two {MARK}", "process": "bad"},
        ],
        "teams": [MARK],
        "horizon_days": 30,
        "enrol_from": now.date().isoformat(),
        "enrol_until": (now + timedelta(days=59)).date().isoformat(),
    }
    for key in ("bad-test", "bad-draft"):
        draft = experiment_draft.checked(plan | {"key": key})
        found = experiment_draft.create(session, draft, by=None, now=now)
        if key == "bad-test":
            life.launch(session, found, seed=1, by=None, now=now)
    ingest_events(session, _told(now), now=now + timedelta(days=9))
    return reps[0]


def _told(now: datetime) -> list[dict[str, Any]]:
    """A lead with an attack for a name and a reason, and words that nobody knows."""
    said: list[dict[str, Any]] = [
        {"type": "created", "name": MARK, "owner_id": "r0"},
        {"stage": f"lead{MARK}"},
        {"stage": "Lost", "reason": MARK},
        {"stage": f"unheard of {MARK}"},
        {"type": "owner_changed", "owner_id": f"nobody {MARK}"},
    ]
    return [
        {
            "source": f"crm {MARK}"[:120],
            "source_id": str(at),
            "lead_id": "L<1>",
            "occurred_at": (now + timedelta(days=1, hours=at)).isoformat(),
            **each,
        }
        for at, each in enumerate(said)
    ]


@pytest.mark.one_database
@pytest.mark.parametrize("role", [Role.ADMIN, Role.MANAGER, Role.REP, Role.VIEWER])
def test_no_text_that_anybody_wrote_becomes_a_part_of_a_page(
    role: Role, poisoned: Rep, sign_in: SignIn, clock: Clock
) -> None:
    clock.now += timedelta(days=10)
    visitor, waiting, seen = sign_in(role), ["/"], {"/"}
    while waiting:
        page = visitor.get(waiting.pop(), follow_redirects=True)
        assert page.status_code < 500, page.url
        if "text/html" not in page.headers["content-type"]:
            continue
        assert SCRIPT not in page.text, page.url
        assert "<img src=x" not in page.text, page.url
        for path in map(_unescaped, LINK.findall(page.text)):
            if path not in seen and not NO_PAGE.search(path):
                seen.add(path)
                waiting.append(path)
    # The attack was on these pages, and shown as what it is.
    assert len(seen) >= {Role.VIEWER: 4, Role.REP: 5}.get(role, 25)


def _unescaped(path: str) -> str:
    return path.replace("&amp;", "&").replace("&#39;", "'")


@pytest.mark.parametrize("injection", INJECTIONS)
def test_what_is_typed_stays_a_value_of_a_query(
    injection: str, poisoned: Rep, sign_in: SignIn, program: SignIn, session: Session
) -> None:
    manager, api = sign_in(Role.MANAGER), program(Role.MANAGER)
    before = count_rows(session, "leads"), count_rows(session, "users")
    for path, name in (
        ("/leads", "q"),
        ("/leads", "stage"),
        ("/leads", "owner"),
        ("/insight/ratios", "team"),
    ):
        answer = manager.get(path, params={name: injection})
        assert answer.status_code < 500, (path, name)
        assert "$argon2id$" not in answer.text
        assert "L&lt;1&gt;" not in answer.text, (path, name)
    for path in ("/experiments", "/processes", "/leads", "/team/reps"):
        assert manager.get(f"{path}/{injection}").status_code in (404, 405, 422)
    lead = {"lead_id": injection, "owner_id": injection, "created_at": "2026-03-02T08:00:00Z"}
    assert api.post("/api/v1/leads", json={"leads": [lead]}).status_code < 500
    after = count_rows(session, "leads"), count_rows(session, "users")
    assert after[1] == before[1]
    assert before[0] <= after[0] <= before[0] + 1


def test_no_form_of_a_signed_in_page_acts_without_its_token(sign_in: SignIn) -> None:
    admin = sign_in(Role.ADMIN)
    del admin.headers["X-CSRF-Token"]
    for rule in RULES:
        if rule.method == "POST" and not rule.for_programs and not rule.signed_out:
            answer = admin.post(rule.address, headers={"Origin": "https://evil.example"})
            assert answer.status_code == 403, rule


def test_a_rep_reaches_no_other_rep_s_lead_by_any_address(
    poisoned: Rep, sign_in: SignIn, session: Session, now: datetime
) -> None:
    told = {"source": "crm", "source_id": "x", "type": "created", "lead_id": "theirs"}
    at = (now + timedelta(days=1)).isoformat()
    ingest_events(session, [told | {"owner_id": "r1", "occurred_at": at}], now=now)
    rep = sign_in(Role.REP)
    for rule in RULES:
        if rule.path.startswith("/leads/{external_id:path}") and Role.REP in rule.roles:
            address = rule.path.replace("{external_id:path}", "theirs")
            assert rep.request(rule.method, address).status_code == 404, rule
    assert "/leads/theirs" not in rep.get("/leads?q=theirs").text


def test_a_token_in_an_address_opens_nothing(
    browser: TestClient, session: Session, user: Callable[[Role], User], now: datetime
) -> None:
    token = users.create_token(session, user(Role.ADMIN), name="ci", now=now)
    for name in ("token", "access_token", "api_key", "authorization"):
        assert browser.get(f"/api/v1/experiments?{name}={token}").status_code == 401


@pytest.mark.parametrize(
    "path",
    [
        "/static/../web/settings.py",
        "/static/..%2f..%2fpyproject.toml",
        "/help/..%2f..%2fpyproject.toml",
        "/help/%2e%2e",
        "/data/import/..%2f..%2fetc%2fpasswd/refused",
        "/processes/..%2f..%2fpyproject/file",
        "/experiments/..%2f..%2fetc%2fpasswd/report.csv",
    ],
)
def test_no_address_leads_to_a_file_of_the_server(path: str, sign_in: SignIn) -> None:
    answer = sign_in(Role.ADMIN).get(path)
    assert answer.status_code in (404, 405)
    assert "[project]" not in answer.text
    assert "root:" not in answer.text


def test_a_form_of_very_many_fields_is_refused(sign_in: SignIn) -> None:
    fields = "&".join(f"variants.{n}.name=x" for n in range(20_001))
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = sign_in(Role.MANAGER).post("/experiments/new", content=fields, headers=headers)
    assert answer.status_code in (400, 413, 422)


@pytest.mark.one_database
def test_one_password_tried_on_many_accounts_has_to_wait(
    browser: TestClient, user: Callable[[Role], User]
) -> None:
    user(Role.MANAGER)
    token = csrf(browser.get("/sign-in").text)
    said = [
        browser.post(
            "/sign-in",
            data={
                "email": f"p{n}@kestrel.example",
                "password": "Spring2026!",
                "csrf_token": token,
            },
        ).status_code
        for n in range(52)
    ]
    assert said[:50] == [422] * 50
    assert said[50:] == [429, 429]


def test_an_unknown_account_costs_the_same_work_as_a_known_one(
    session: Session, user: Callable[[Role], User], monkeypatch: pytest.MonkeyPatch
) -> None:
    known = user(Role.MANAGER).email
    hasher, verified = users._hasher(), []
    real = hasher.verify

    def verify(password: str, stored: str) -> bool:
        verified.append(stored)
        return real(password, stored)

    monkeypatch.setattr(hasher, "verify", verify)
    for email in (known, "nobody@kestrel.example"):
        with pytest.raises(Exception, match="No account has"):
            users.person_with(session, email=email, password="wrong" + PASSWORD)
    assert len(verified) == 2
    assert all(stored.startswith("$argon2id$") for stored in verified)


def test_the_database_s_own_words_never_reach_a_visitor(sign_in: SignIn, session: Session) -> None:
    dialect = session.connection().dialect.name
    assert session.execute(text("SELECT 1")).scalar() == 1
    answer = sign_in(Role.MANAGER).get("/leads", params={"page": "99999999999999999999"})
    assert answer.status_code < 500
    assert dialect not in answer.text.lower()
