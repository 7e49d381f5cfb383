"""The domain and its store: processes, experiments, people, leads, events, reports."""
