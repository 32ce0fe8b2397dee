"""The recordings of the real platform, and Snapshots of any moment of them."""

from __future__ import annotations

import pytest
from pipeline_traces import every_snapshot, recorded


@pytest.fixture(scope="session")
def first_run():
    return recorded("first-run")


@pytest.fixture(scope="session")
def second_run():
    return recorded("second-run")


@pytest.fixture(scope="session")
def recording_of():
    return recorded


@pytest.fixture(scope="session")
def played():
    """Seconds and Snapshot of every event of a recording."""
    return every_snapshot
