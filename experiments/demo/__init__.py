"""A believable company to look around in: generated, the same for a seed and a day."""
