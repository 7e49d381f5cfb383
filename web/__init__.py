"""The faces: pages, JSON API and command line."""
