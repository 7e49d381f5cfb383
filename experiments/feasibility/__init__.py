"""Before a test: what it could find, tried on the company's own past and on simulated teams."""
