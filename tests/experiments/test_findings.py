"""What checks of written input find, in plain words and each at its field."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Any, Self

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from experiments.findings import PLAIN, from_pydantic, unfit_if
from experiments.problem import Problem, problem


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field("x", min_length=1, max_length=3)
    size: float = Field(1, gt=0, le=10, allow_inf_nan=False)
    count: int = Field(1, ge=1, lt=5)
    colour: Colour = Colour.RED
    day: date = date(2026, 3, 31)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        found = []
        if self.name == "odd":
            found = [
                problem("size", "A thing called {name} has no size.", name=self.name),
                problem("", "It is odd."),
            ]
        unfit_if(found)
        return self


class Whole(BaseModel):
    parts: list[Part] = Field(min_length=1, max_length=2)


def found(written: Any) -> list[Problem]:
    with pytest.raises(ValidationError) as error:
        Whole.model_validate(written)
    return list(from_pydantic(error.value).problems)


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ({"name": ""}, "parts.1.name: Fill this in."),
        ({"name": "long"}, "parts.1.name: At most 3 characters are possible."),
        ({"name": 3}, "parts.1.name: A text is expected."),
        ({"size": 0}, "parts.1.size: It must be more than 0."),
        ({"size": 11}, "parts.1.size: It must be 10 or less."),
        ({"size": "many"}, "parts.1.size: A number is expected."),
        ({"size": "nan"}, "parts.1.size: A number is expected."),
        ({"count": 0}, "parts.1.count: It must be 1 or more."),
        ({"count": 5}, "parts.1.count: It must be less than 5."),
        ({"count": "few"}, "parts.1.count: A whole number is expected."),
        ({"count": 1.5}, "parts.1.count: A whole number is expected."),
        ({"colour": "green"}, "parts.1.colour: Choose one of these: 'red' or 'blue'."),
        ({"day": "soon"}, "parts.1.day: A day is expected, such as 2026-03-31."),
        ({"day": []}, "parts.1.day: A day is expected, such as 2026-03-31."),
        ({"shape": 1}, "parts.1.shape: There is no such field."),
    ],
)
def test_a_fault_is_said_in_plain_words_at_its_field(part: dict[str, Any], said: str) -> None:
    assert [str(each) for each in found({"parts": [part]})] == [said]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ({}, "parts: This is missing."),
        ({"parts": []}, "parts: At least 1 are needed; here are 0."),
        ({"parts": [{}] * 3}, "parts: At most 2 are possible; here are 3."),
    ],
)
def test_too_few_too_many_or_none_are_counted(written: Any, said: str) -> None:
    assert [str(each) for each in found(written)] == [said]


def test_a_validator_s_problems_keep_their_places_and_their_words() -> None:
    first, second = found({"parts": [{}, {"name": "odd"}]})
    assert first == problem("parts.2.size", "A thing called {name} has no size.", name="odd")
    assert second == problem("parts.2", "It is odd.")


def test_what_has_no_plain_words_is_said_as_it_came() -> None:
    (told,) = found({"parts": [7]})
    assert told.where == "parts.1"
    assert told.text.startswith("Input should be a valid dictionary")
    assert "model_type" not in PLAIN
