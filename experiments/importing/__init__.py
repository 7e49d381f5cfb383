"""A file of deals, a team or a process, brought in: read, placed, told once."""
