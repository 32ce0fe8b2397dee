"""The recordings of the real platform, and Snapshots of any moment of them."""

from __future__ import annotations

import pytest
import shared_traces
from shared_traces import recorded


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
    return shared_traces.played
