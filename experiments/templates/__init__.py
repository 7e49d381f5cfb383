"""Processes to begin from that the demo's company does not use, as YAML."""
