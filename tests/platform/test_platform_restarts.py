"""An API server that is killed at any write of a run: the same end, without waiting for the resync."""

from __future__ import annotations

from pathlib import Path

import pytest
from memory_restarts import Moment, Restarts
from world_kit import World

pytestmark = pytest.mark.slow

EVERY = 12
"""Of so many writes one is the last of its server; each moment has other ones."""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("platform")


@pytest.fixture(scope="module")
def undisturbed(data: Path) -> tuple[int, list[str]]:
    restarts = Restarts()
    found = World(restarts).run(data)
    return restarts.writes, found


def test_a_run_goes_from_its_source_to_what_serves(undisturbed: tuple[int, list[str]]) -> None:
    writes, found = undisturbed
    kinds = [
        kind for kind in ("Runnable", "TaskRun", "Revision", "Deployment") for obj in found if kind in obj
    ]
    assert set(kinds) == {"Runnable", "TaskRun", "Revision", "Deployment"}
    assert writes > 3 * EVERY


@pytest.mark.parametrize(("moment", "first"), [("answered", 1), ("answered", 6), ("after", 4), ("before", 7)])
def test_a_server_that_is_killed_changes_nothing_of_the_end(
    undisturbed: tuple[int, list[str]], data: Path, moment: Moment, first: int
) -> None:
    writes, expected = undisturbed
    for at in range(first, writes, EVERY):
        found = World(Restarts(at, moment)).run(data, expected)
        assert found == expected, f"killed at write {at}"
