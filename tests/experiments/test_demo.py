"""The demo's company: the same for a seed and a day, and with something to see everywhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from experiments import report
from experiments.company import the_company
from experiments.decision import Choice, decision_on
from experiments.demo import company, market, trials
from experiments.demo.making import make
from experiments.demo.workweek import WorkWeeks
from experiments.events import Event, EventType, Kept, Source, count_kept, history, visits
from experiments.experiment import Status, experiment, experiments, status
from experiments.following import experiment_of_rep
from experiments.freshness import complete_through
from experiments.leads import Lead
from experiments.people import Rep, rep_of_user
from experiments.process import Stage, StageKind
from experiments.process_draft import read_yaml
from experiments.store.engine import make_engine
from experiments.store.migration import upgrade
from experiments.users import Role, person_with, users
from experiments.verdict import Verdict
from tests.conftest import count_rows

# A Wednesday, so that the last week is half told.
TODAY = datetime(2026, 3, 4, 11, 30, tzinfo=UTC)
SMALL = 0.25


@pytest.fixture(scope="module")
def demo() -> Iterator[Session]:
    """A small company, made once for this file's tests, which only read it.

    On SQLite only, where the demo lives: the domain's own tests cover both databases.
    """
    with _made(now=TODAY, scale=SMALL) as made:
        yield made


@pytest.mark.parametrize("written", company.process_texts())
def test_every_process_file_is_valid_and_says_what_to_do(written: str) -> None:
    draft = read_yaml(written)
    for stage in draft.stages:
        if stage.kind is StageKind.OPEN:
            assert stage.purpose
            assert stage.actions
            assert stage.exit_criteria
            assert all(action.instructions for action in stage.actions)


def test_every_open_stage_of_every_version_has_its_odds(demo: Session) -> None:
    stages = text(
        "SELECT p.key || '@' || v.number, s.key FROM stages s"
        " JOIN process_versions v ON v.id = s.version_id JOIN processes p ON p.id = v.process_id"
        " WHERE s.kind = 'open'"
    )
    known = {(process, stage) for process, odds in market.ODDS.items() for stage in odds}
    assert {(row[0], row[1]) for row in demo.execute(stages)} == known


def test_each_experiment_is_where_it_should_be_in_its_life(demo: Session) -> None:
    states = {}
    for found in experiments(demo):
        through = complete_through(demo, found.id, now=TODAY)
        states[found.key] = status(found, now=TODAY, complete_through=through)
    assert states == {
        "short-sequence-by-lead": Status.DECIDED,
        "demo-before-discovery": Status.MEASURED,
        "usage-report-first": Status.MEASURED,
        "short-sequence": Status.RUNNING,
        "usage-report-by-lead": Status.DRAFT,
    }


def test_the_running_experiment_is_half_way_through_its_enrolment(demo: Session) -> None:
    found = experiment(demo, "short-sequence")
    part = (TODAY - found.enrol_from_at) / (found.enrol_until_at - found.enrol_from_at)
    assert 0.45 < part < 0.65
    built = report.build(demo, found, now=TODAY)
    assert built.verdict is Verdict.CONTINUE
    assert 0 < built.matured < built.enrolled / 2


def test_a_team_of_six_cannot_decide(demo: Session) -> None:
    built = report.build(demo, experiment(demo, "usage-report-first"), now=TODAY)
    assert built.verdict is Verdict.CANNOT_DECIDE
    assert [group.reps for group in built.groups] == [3, 3]


def test_the_decision_follows_what_the_report_said_on_its_day(demo: Session) -> None:
    found = experiment(demo, "short-sequence-by-lead")
    taken = decision_on(demo, found)
    assert taken is not None
    assert taken.choice is Choice.RUN_AGAIN
    assert report.build(demo, found, now=TODAY).verdict is Verdict.CANNOT_DECIDE
    assert taken.recommended is Choice.RUN_AGAIN


def test_every_report_is_healthy(demo: Session) -> None:
    for found in experiments(demo):
        if found.launched_at:
            assert report.build(demo, found, now=TODAY).healthy


def test_leads_enrol_within_the_week_in_which_they_came(demo: Session) -> None:
    late = text("SELECT max(recorded_at - enrolled_at) FROM enrolments")
    assert demo.execute(late).scalar_one() < timedelta(days=7) / timedelta(microseconds=1)


def test_the_rep_who_signs_in_is_in_the_running_test_with_leads_in_several_stages(
    demo: Session,
) -> None:
    rep = _rep_of_account(demo)
    following = experiment_of_rep(demo, rep, now=TODAY)
    assert following is not None
    assert following[0].key == "short-sequence"
    held = select(Stage).join(Lead, Lead.stage_id == Stage.id).where(Lead.owner_id == rep.id)
    stages = demo.scalars(held).unique()
    assert len({stage.name for stage in stages if stage.kind is StageKind.OPEN}) >= 3


def test_everyone_who_is_announced_can_sign_in(demo: Session) -> None:
    for account in company.ACCOUNTS:
        user = person_with(demo, email=account.email, password=company.PASSWORD)
        assert (user.name, user.role) == (account.name, account.role)
    assert {user.role for user in users(demo)} == set(Role)


def test_only_what_was_meant_to_go_astray_waits_for_a_person(demo: Session) -> None:
    assert {why for why, _ in count_kept(demo)} == {
        Kept.UNKNOWN_STAGE,
        Kept.UNKNOWN_LEAD,
        Kept.UNKNOWN_OWNER,
    }
    assert sum(count_kept(demo).values()) <= 6


def test_nothing_happens_after_today_and_all_is_known_up_to_it(demo: Session) -> None:
    assert all(at <= TODAY for at in demo.scalars(select(Event.occurred_at)))
    assert set(demo.scalars(select(Source.complete_through_at))) == {TODAY}


def test_selling_is_no_straight_line(demo: Session) -> None:
    backward = reopened = lost_without_reason = 0
    for lead in demo.scalars(select(Lead).order_by(Lead.id).limit(300)):
        for visit in visits(history(demo, lead)):
            backward += visit.backward and bool(visit.reason)
            reopened += visit.reopened
            lost_without_reason += visit.stage.kind == "lost" and not visit.reason
    assert backward > 5
    assert reopened > 2
    assert lost_without_reason == 0


def test_deals_are_worth_something_and_change_hands_and_are_corrected(demo: Session) -> None:
    counted = select(Event.type, func.count()).group_by(Event.type)
    seen = dict(demo.execute(counted).all())
    # Nobody skips a step there: reps do that on the site.
    assert set(seen) == set(EventType) - {EventType.ACTION_SKIPPED}
    assert set(demo.scalars(select(Lead.currency).distinct())) == {None, "EUR"}
    assert the_company(demo).currency == "EUR"


def test_the_same_seed_gives_the_same_past_on_another_weekday(demo: Session) -> None:
    told = _told(demo)
    with _made(now=TODAY + timedelta(days=2), scale=SMALL) as friday:
        told_by_friday = _told(friday)
    assert told_by_friday[: len(told)] == told
    assert len(told_by_friday) > len(told)


@pytest.mark.slow
def test_the_demo_that_ships_finds_its_winner() -> None:
    with _made(now=TODAY) as session:
        built = report.build(session, experiment(session, "demo-before-discovery"), now=TODAY)
        leads_made, events_made = count_rows(session, "leads"), count_rows(session, "events")
    assert 3000 <= leads_made <= 6000
    assert 20_000 <= events_made <= 45_000
    assert built.verdict is Verdict.ADOPT
    assert built.winner is not None
    assert built.winner.variant.key == "demo-first"


def test_working_days_skip_weekends_and_keep_office_hours_in_summer_time() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    weeks = WorkWeeks(date(2026, 3, 23), berlin)
    # Summer time began in Berlin on Sunday 29 March 2026.
    assert weeks.moment(4.0) == datetime(2026, 3, 27, 9, 0, tzinfo=berlin)
    assert weeks.moment(5.0) == datetime(2026, 3, 30, 9, 0, tzinfo=berlin)
    assert weeks.moment(5.0).astimezone(UTC).hour == 7
    assert weeks.moment(5.5) == datetime(2026, 3, 30, 13, 15, tzinfo=berlin)


def test_a_week_ends_after_its_last_working_minute_and_before_the_next_begins() -> None:
    weeks = WorkWeeks(date(2026, 3, 2), ZoneInfo("Europe/Berlin"))
    assert weeks.moment(4.999) < weeks.ends(0) < weeks.starts(1) < weeks.moment(5)


def test_a_skill_moves_a_chance_on_the_log_odds_scale() -> None:
    assert market.shifted(0.3, 0) == pytest.approx(0.3)
    # Odds of 1 to 1 times e: e / (1 + e).
    assert market.shifted(0.5, 1) == pytest.approx(0.731059, abs=1e-6)


def test_addresses_are_plain_letters() -> None:
    names = [name for cast in company.TEAMS for name in cast.reps]
    addresses = [company.login(name) for name in names]
    assert all(each.isascii() and " " not in each for each in addresses)
    assert len(set(addresses)) == len(names)


def test_a_trial_enrols_in_its_weeks_only() -> None:
    trial = next(each for each in trials.TRIALS if each.key == "demo-before-discovery")
    assert [week for week in range(60) if trial.enrols(week)] == list(range(12, 28))


def _rep_of_account(session: Session) -> Rep:
    user = next(each for each in users(session) if each.role is Role.REP)
    rep = rep_of_user(session, user.id)
    assert rep is not None
    return rep


@contextmanager
def _made(*, now: datetime, scale: float = 1.0) -> Iterator[Session]:
    engine = make_engine("sqlite://")
    upgrade(engine)
    with Session(engine) as session:
        make(session, now=now, scale=scale)
        yield session
    engine.dispose()


def _told(session: Session) -> list[tuple[object, ...]]:
    """All that happened, in its order."""
    rows = session.execute(select(Event.occurred_at, Event.source_ref, Event.type, Event.reason))
    return sorted(tuple(row) for row in rows)
