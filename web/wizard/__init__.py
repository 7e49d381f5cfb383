"""A new experiment, step by step: what each step asks, what was answered, and what it shows."""
