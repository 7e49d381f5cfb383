"""Measured speed and memory; `python -m benchmarks` lists them."""
