"""The commands of the command line: what they do, print and refuse."""

from __future__ import annotations

import json

import pytest
from click.testing import Result

from experiments.store.engine import make_engine
from experiments.users import Role, user_of_token
from tests.web.conftest import Run, refusal, said
from web.commands.user import ROLES
from web.database import Database


@pytest.fixture
def company(run: Run) -> Run:
    """The same, with the company set up."""
    done = run("company", "set", "--name", "Kestrel", "--time-zone", "UTC", "--currency", "EUR")
    assert done.exit_code == 0, done.output
    return run


def add_user(run: Run, role: str = "admin", *more: str, password: str = "a long secret") -> Result:
    words = ["--email", f"{role}@kestrel.example", "--name", "X", "--role", role]
    return run("user", "add", *words, "--password-stdin", *more, typed=password + "\n")


def test_a_company_is_set_up_and_changed(run: Run) -> None:
    words = ["company", "set", "--name", "Kestrel", "--time-zone", "Asia/Tehran", "--json"]
    said(run(*words, "--currency", "IRR"))
    expected = {"name": "Kestrel", "time_zone": "Asia/Tehran", "currency": "EUR"}
    assert said(run(*words, "--currency", "eur")) == expected
    assert said(run("company", "show", "--json")) == expected


@pytest.mark.parametrize(
    ("zone", "currency", "expected"),
    [
        ("Berlin", "EUR", "Error: time_zone: No time zone is called Berlin.\n"),
        ("UTC", "EURO", "Error: currency: No currency has the code EURO.\n"),
        (
            "x",
            "y",
            "Error: time_zone: No time zone is called x.; currency: No currency has the code y.\n",
        ),
    ],
)
def test_a_wrong_company_is_refused_in_one_line(
    run: Run, zone: str, currency: str, expected: str
) -> None:
    words = ["--name", "Kestrel", "--time-zone", zone, "--currency", currency]
    assert refusal(run("company", "set", *words)) == (2, expected)


def test_the_company_comes_before_its_people(run: Run) -> None:
    code, line = refusal(add_user(run))
    assert code == 2
    assert "stagelift company set" in line


def test_a_person_is_added_and_listed(company: Run) -> None:
    shown = {"email": "admin@kestrel.example", "name": "X", "role": "admin"}
    assert said(add_user(company, "admin", "--json")) == shown
    assert said(company("user", "list", "--json")) == {"users": [shown | {"disabled": False}]}


def test_a_password_can_be_asked_for(company: Run) -> None:
    words = ["--email", "a@kestrel.example", "--name", "A", "--role", "rep"]
    done = company("user", "add", *words, typed="a long secret\na long secret\n")
    assert done.exit_code == 0
    assert "a long secret" not in done.output


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"password": "short"}, "password: A password has 10 to 200 characters."),
        ({"password": ""}, "password: A password has 10 to 200 characters."),
        ({"role": "boss"}, "'boss' is not one of"),
    ],
)
def test_a_wrong_person_is_refused(company: Run, change: dict[str, str], expected: str) -> None:
    code, lines = refusal(add_user(company, **change))
    assert code == 2
    assert expected in lines
    assert said(company("user", "list", "--json")) == {"users": []}


def test_the_roles_offered_are_the_roles_there_are() -> None:
    assert tuple(Role) == ROLES


def test_a_second_person_with_the_same_address_is_refused(company: Run) -> None:
    add_user(company)
    expected = "Error: email: admin@kestrel.example has an account already.\n"
    assert refusal(add_user(company)) == (2, expected)


def test_a_rep_joins_a_team_and_can_sign_in(company: Run) -> None:
    add_user(company, "rep")
    company("team", "add", "Berlin", "--segment", "inbound")
    words = ["--team", "Berlin", "--external-id", "r-7", "--email", "rep@kestrel.example"]
    shown = {"name": "Omar", "external_id": "r-7", "team": "Berlin"}
    joined = {"experiment": None, "variant": None}
    assert said(company("rep", "add", "Omar", *words, "--json")) == shown | joined
    team = {"name": "Berlin", "segment": "inbound", "reps": ["r-7"]}
    assert said(company("team", "list", "--json")) == {"teams": [team]}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["Omar", "--team", "Nowhere"], "There is no team Nowhere."),
        (["Omar", "--email", "none@kestrel.example"], "There is no user none@kestrel.example."),
        (["Omar", "--email", "admin@kestrel.example"], "has the role admin"),
        (["Ada", "--external-id", "taken"], "There is a rep taken already."),
        (["Ada", "--email", "rep@kestrel.example"], "is the account of taken already."),
        ([" "], "Give the rep a name."),
    ],
)
def test_a_wrong_rep_is_refused_and_nothing_is_stored(
    company: Run, words: list[str], expected: str
) -> None:
    add_user(company, "admin")
    add_user(company, "rep")
    company("team", "add", "Berlin")
    company("rep", "add", "taken", "--email", "rep@kestrel.example", "--team", "Berlin")
    code, line = refusal(company("rep", "add", *words))
    assert code == 2
    assert expected in line
    assert said(company("team", "list", "--json"))["teams"][0]["reps"] == ["taken"]


def test_a_token_holds_until_it_is_revoked(company: Run, url: str) -> None:
    add_user(company)
    words = ["--email", "admin@kestrel.example", "--name", "crm"]
    token = company("token", "create", *words).stdout.strip()
    database = Database(make_engine(url))
    with database.reading() as session:
        found = user_of_token(session, token)
        assert found is not None
        assert found.email == "admin@kestrel.example"
    assert said(company("token", "revoke", *words, "--json")) == {"revoked": 1}
    with database.reading() as session:
        assert user_of_token(session, token) is None
    (listed,) = said(company("token", "list", "--json"))["tokens"]
    assert (listed["name"], listed["revoked"]) == ("crm", True)
    assert token not in json.dumps(listed)
    database.engine.dispose()
    expected = "Error: There is no token crm of admin@kestrel.example.\n"
    assert refusal(company("token", "revoke", *words)) == (2, expected)


def test_a_token_needs_a_user(company: Run) -> None:
    expected = (2, "Error: There is no user none@kestrel.example.\n")
    words = ["--email", "none@kestrel.example", "--name", "crm"]
    assert refusal(company("token", "create", *words)) == expected
