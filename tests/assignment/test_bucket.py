"""Buckets are a promise: the golden numbers below may never change."""

import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assignment.bucket import bucket

text = st.text(st.characters(exclude_categories=["Cs"]))

# Digests by GNU coreutils, for example `printf '5:salt1lead-1' | sha256sum`: the first 16 hex
# digits, without the last 11 bits, over 2**53.
GOLDEN = [
    ("salt1", "lead-1", 0x9BD541E8CF554594),
    ("s1", "L-000042", 0xDE9EDA7E3B883BDF),
    ("نمک", "rep ۱", 0x649B344EE5EADEA8),
    ("", "", 0xBA768B331FD86CEC),
]


@pytest.mark.parametrize(("salt", "unit", "digest"), GOLDEN)
def test_a_bucket_is_the_start_of_sha256_for_ever(salt: str, unit: str, digest: int) -> None:
    assert bucket(salt, unit) == (digest >> 11) / 2**53


@given(text, text)
def test_a_bucket_is_at_least_0_and_under_1(salt: str, unit: str) -> None:
    assert 0 <= bucket(salt, unit) < 1


@given(text, text, text, text)
def test_different_pairs_of_salt_and_unit_never_share_a_bucket(
    salt: str, unit: str, other_salt: str, other_unit: str
) -> None:
    same = (salt, unit) == (other_salt, other_unit)
    assert (bucket(salt, unit) == bucket(other_salt, other_unit)) is same


def test_moving_a_letter_from_the_salt_to_the_unit_changes_the_bucket() -> None:
    assert bucket("ab", "c") != bucket("a", "bc")
    assert bucket("1", "1:x") != bucket("11", ":x")


def test_buckets_spread_evenly() -> None:
    cells = Counter(int(20 * bucket("spread", str(lead))) for lead in range(20_000))
    chi_square = sum((cells[cell] - 1000) ** 2 / 1000 for cell in range(20))
    # The .001 point of chi-square with 19 df (R: qchisq(.999, 19)).
    assert chi_square < 43.82


def test_two_salts_split_the_same_leads_independently() -> None:
    both = sum(bucket("a", str(i)) < 0.5 and bucket("b", str(i)) < 0.5 for i in range(10_000))
    # Four standard errors about a quarter.
    assert abs(both / 10_000 - 0.25) < 4 * math.sqrt(0.25 * 0.75 / 10_000)


def test_half_a_surrogate_pair_is_refused() -> None:
    with pytest.raises(UnicodeEncodeError):
        bucket("salt", "\ud800")
