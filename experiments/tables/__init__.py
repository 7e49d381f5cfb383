"""Files of rows as people bring them: their encoding, their delimiter, their dates and amounts."""
