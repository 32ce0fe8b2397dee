"""Exit codes of ``status --exit-code``."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pkgops.flows.status import exit_code
from pkgops.model import Snapshot, Verdict


def snapshots(*verdicts):
    return [
        Snapshot(taken_at=datetime(2026, 1, 1, tzinfo=UTC), workload=None, verdict=verdict)
        for verdict in verdicts
    ]


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ([Verdict.READY], 0),
        ([Verdict.READY, Verdict.WORKING], 4),
        ([Verdict.FAILED, Verdict.WORKING], 1),
        ([Verdict.STALE], 1),
        ([Verdict.WAITING], 4),
        ([Verdict.UNKNOWN, Verdict.WORKING, Verdict.READY], 3),
        ([Verdict.UNKNOWN, Verdict.STALE], 1),
        ([], 1),
    ],
)
def test_the_worst_counts(verdicts, expected):
    assert exit_code(snapshots(*verdicts)) == expected
