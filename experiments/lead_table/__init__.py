"""A table with a row a lead, counted and compared: what `stagelift analyse` does."""
