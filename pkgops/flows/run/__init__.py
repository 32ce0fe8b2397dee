"""One run of a pipeline, followed to its outcome: shared by ``up``, ``deliver``, ``promote`` and ``wait``."""
