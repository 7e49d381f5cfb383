"""Marking texts in Python code for translation."""

from __future__ import annotations


def N_(text: str) -> str:  # noqa: N802 - the name by which pybabel finds it
    """Mark a text that is translated later, where its reader is known."""
    return text
