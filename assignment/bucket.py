"""A unit's fixed place in [0, 1): the ground of every split by hash."""

from __future__ import annotations

import hashlib

# A float holds 53 bits exactly, so every bucket is one of 2**53 evenly spaced numbers.
_BITS = 53


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
    # The length says where the salt ends: without it ("a", "bc") would meet ("ab", "c").
    digest = hashlib.sha256(f"{len(salt)}:{salt}{unit}".encode()).digest()
    number = int.from_bytes(digest[:8], "big") >> (64 - _BITS)
    return number / float(2**_BITS)
