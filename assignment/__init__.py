"""Splits from a plan and a seed, and their re-draws: pure functions of a generator."""
