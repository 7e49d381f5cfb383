"""Whatever JSON comes as events or leads: each element is told of, and nothing breaks."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from experiments.users import Role
from tests.web.conftest import SignIn

FIELDS = (
    "source",
    "source_id",
    "type",
    "lead_id",
    "stage",
    "action",
    "occurred_at",
    "created_at",
    "owner_id",
    "value",
    "voids",
    "process",
    "attributes",
    "name",
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.sampled_from(["created", "voided", "2026-03-02T09:00:00Z", "9999-12-31T23:59:59-23:59"])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["amount", "currency", *FIELDS]), inner, max_size=4)
    ),
    max_leaves=6,
)
ELEMENTS = st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=10) | VALUES


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(noun=st.sampled_from(["events", "leads"]), elements=st.lists(ELEMENTS, max_size=4))
def test_each_element_is_accepted_repeated_or_refused(
    program: SignIn, noun: str, elements: list[Any]
) -> None:
    client = program(Role.MANAGER)

    answer = client.post(f"/api/v1/{noun}", json={noun: elements})

    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["accepted"] + told["duplicates"] + len(told["rejected"]) == len(elements)
