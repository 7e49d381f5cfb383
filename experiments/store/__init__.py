"""Where things rest: the engine, the column types, the migrations."""
