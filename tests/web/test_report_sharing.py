"""A report for people without an account: by a link that ends, and as one file."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from experiments.experiment import Experiment
from experiments.users import Role
from tests.conftest import count_rows
from tests.web.conftest import Clock, SignIn

ADDRESS = "/experiments/demo-before-discovery"
MADE = re.compile(r"http://testserver(/shared/[\w-]{43})")


def test_whoever_has_the_link_reads_the_report_until_it_ends(
    measured: Experiment,
    sign_in: SignIn,
    browser: TestClient,
    clock: Clock,
    session: Session,
) -> None:
    manager = sign_in(Role.MANAGER)
    assert f"{ADDRESS}/share" in manager.get(ADDRESS).text
    page = manager.post(f"{ADDRESS}/share", data={"days": "3"}).text
    (link,) = set(MADE.findall(page))
    # It is shown once, and stored as a hash.
    assert link not in manager.get(f"{ADDRESS}/share").text

    answer = browser.get(link)

    assert answer.status_code == 200
    assert "50.0 points more" in answer.text
    assert answer.headers["x-robots-tag"] == "noindex"
    # Nobody's name, and nothing that leads into the site.
    assert "Rep 1" not in answer.text
    assert not re.findall(r'(?:href|action)="/(?!static/|")', answer.text)
    assert "<form" not in answer.text
    clock.now += timedelta(days=3)
    assert browser.get(link).status_code == 404
    assert "Links that work" not in manager.get(f"{ADDRESS}/share").text
    assert count_rows(session, "share_links") == 1


def test_a_manager_ends_a_link(measured: Experiment, sign_in: SignIn, browser: TestClient) -> None:
    manager = sign_in(Role.MANAGER)
    page = manager.post(f"{ADDRESS}/share", data={"days": "14"}).text
    (link,) = set(MADE.findall(page))
    (number,) = set(re.findall(r'name="link" value="(\d+)"', page))
    assert manager.post(f"{ADDRESS}/share/end", data={"link": "x"}).status_code == 422
    assert manager.post(f"{ADDRESS}/share/end", data={"link": "9999"}).status_code == 404
    assert browser.get(link).status_code == 200
    assert manager.post(f"{ADDRESS}/share/end", data={"link": number}).status_code == 303
    assert browser.get(link).status_code == 404
    assert "Shared link ended" in manager.get(f"/settings/audit?experiment={measured.key}").text


@pytest.mark.parametrize("days", ["0", "91", "soon", ""])
def test_a_link_must_end(
    days: str, measured: Experiment, sign_in: SignIn, session: Session
) -> None:
    answer = sign_in(Role.MANAGER).post(f"{ADDRESS}/share", data={"days": days})
    assert answer.status_code == 422
    assert "Give a number of days from 1 to 90." in answer.text
    assert count_rows(session, "share_links") == 0


def test_the_report_is_one_file_that_needs_nothing_beside_it(
    measured: Experiment, sign_in: SignIn
) -> None:
    answer = sign_in(Role.VIEWER).get(f"{ADDRESS}/report.html")
    assert answer.headers["content-disposition"] == 'attachment; filename="report.html"'
    assert "50.0 points more" in answer.text
    assert "--" in answer.text.split("<style>")[1].split("</style>")[0]
    # Nothing is fetched, and nothing leads anywhere but within it.
    assert not re.findall(r'(?:src|href|action)="(?!#)', answer.text)
    assert len(answer.content) < 150_000
