"""Estimates from counts: pure functions of numbers, proved against R and papers."""
