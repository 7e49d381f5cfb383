"""What a company's own selling shows beside any test: descriptions, never verdicts."""
