"""A unit's fixed place in [0, 1): the ground of every split by hash."""

from __future__ import annotations

import hashlib
import math
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hashlib import _Hash

# A float holds 53 bits exactly, so every bucket is one of 2**53 evenly spaced numbers.
_BITS = 53
# Bytes of a digest.
_DIGEST = 32


def bucket(salt: str, unit: str) -> float:
    """Place a unit in [0, 1), evenly spread over units and independent between salts.

    The same salt and unit give the same number on every machine, for ever: stored
    assignments rest on it.

    Args:
        salt: The experiment's own, so that two experiments split independently.
        unit: The lead's or account's id.
    Returns:
        The first 53 bits of SHA-256 over the salt's length, the salt and the unit, as a fraction.
    Raises:
        UnicodeEncodeError: if either holds half of a surrogate pair.
    """
    place = salted(salt)
    place.update(unit.encode())
    digest = place.digest()
    number = int.from_bytes(digest[:8], "big") >> (64 - _BITS)
    return number / float(2**_BITS)


def salted(salt: str) -> _Hash:
    """The hash of a salt, to which a unit is still to be added."""
    # The length says where the salt ends: without it ("a", "bc") would meet ("ab", "c").
    return hashlib.sha256(f"{len(salt)}:{salt}".encode())


def edge_at(share: Fraction) -> bytes:
    """What a digest is at least, as bytes, exactly where its bucket is at least this share.

    Args:
        share: In (0, 1).
    """
    first = math.ceil(share * 2**_BITS) << (64 - _BITS)
    # No bucket lies between the last one and 1: then the edge is past every digest.
    return first.to_bytes(8, "big") if first < 2**64 else b"\xff" * (_DIGEST + 1)
