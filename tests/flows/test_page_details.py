"""When a page asks registries and records anew: after changes of what runs, and now and then."""

from __future__ import annotations

from datetime import UTC, datetime

from pkgops.flows.page_details import AGAIN, EVERY, NOT_YET, PageDetails, PageDetailsReader
from pkgops.model import Environment, Snapshot, Verdict


def snapshot(version):
    env = Environment(
        name="apps-dev", namespace="apps-dev", owner=None, stages=(), verdict=Verdict.READY, version=version
    )
    return Snapshot(taken_at=datetime(2026, 1, 1, tzinfo=UTC), workload=None, environments=(env,))


class Watched:
    """Looks at snapshots at times that a test chooses, and waits for each answer."""

    def __init__(self):
        self.now, self.count = 0.0, 0
        self.asking = PageDetailsReader(self._ask, lambda: self.now)

    def _ask(self):
        self.count += 1
        return PageDetails(unknown=str(self.count))

    def update(self, version, now):
        self.now = now
        self.asking.update(snapshot(version))
        return self.asking.waited(20).unknown


def test_before_an_answer_it_is_unknown():
    assert Watched().asking.found.unknown == NOT_YET


def test_it_asks_when_what_runs_changes_and_once_more_shortly_after():
    one = Watched()
    assert one.update("1", 0) == "1"
    assert one.update("1", AGAIN - 1) == "1"
    assert one.update("1", AGAIN) == "2"
    assert one.update("1", AGAIN + 1) == "2"
    assert one.update("2", AGAIN + 2) == "3"


def test_without_a_change_it_asks_seldom():
    one = Watched()
    one.update("1", 0)
    one.update("1", AGAIN)
    assert one.update("1", AGAIN + EVERY - 1) == "2"
    assert one.update("1", AGAIN + EVERY) == "3"
    assert one.update("1", AGAIN + EVERY + 1) == "3"
