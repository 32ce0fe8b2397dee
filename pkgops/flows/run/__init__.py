"""One run of a pipeline, followed and judged: what ``up``, ``deliver``, ``promote`` and ``wait`` share."""
