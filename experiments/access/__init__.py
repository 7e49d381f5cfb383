"""What becomes of accounts, and by what people and programs prove who they are."""
