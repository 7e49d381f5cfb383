"""What connected programs send, and what they are told."""
