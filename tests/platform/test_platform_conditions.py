from datetime import UTC, datetime

import pytest

from pkgops.platform.conditions import (
    condition,
    condition_of,
    condition_status,
    find_condition,
    is_current,
    is_ready,
    timestamp,
)
from pkgops.platform.names import MAX_NAME, child_name

OLD = datetime(2026, 1, 1, tzinfo=UTC)
NEW = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)


def status_of(*conditions, seen=1):
    return {
        "metadata": {"generation": 1},
        "status": {"conditions": list(conditions), "observedGeneration": seen},
    }


def test_a_condition_is_found_by_its_type() -> None:
    conditions = [condition("A", "True", "x", "", OLD), condition("B", "False", "y", "", OLD)]
    assert find_condition(conditions, "B") == conditions[1]
    assert find_condition(conditions, "C") is None
    assert condition_of(status_of(*conditions), "A") == conditions[0]
    assert condition_of(status_of(*conditions)) is None


@pytest.mark.parametrize("obj", [{"metadata": {}}, {"metadata": {}, "status": None}, status_of()])
def test_what_nobody_wrote_is_unknown(obj) -> None:
    assert condition_of(obj) is None
    assert condition_status(obj) == "Unknown"
    assert not is_ready(obj)


@pytest.mark.parametrize(
    ("status", "seen", "ready"), [("True", 1, True), ("True", 0, False), ("False", 1, False)]
)
def test_ready_counts_only_for_the_present_spec(status, seen, ready) -> None:
    obj = status_of(condition("Ready", status, "", "", OLD), seen=seen)
    assert condition_status(obj) == status
    assert is_current(obj) == (seen == 1)
    assert is_ready(obj) == ready


def test_timestamps_have_seconds_and_z() -> None:
    assert timestamp(NEW) == "2026-01-02T03:04:05Z"


def test_child_names_are_shortened_as_kmeta_does() -> None:
    assert child_name("hello-go-web2pkg", "-pod") == "hello-go-web2pkg-pod"
    long = "a" * 60
    # md5 of sixty a's, after as much of the parent as fits before it and the suffix.
    assert child_name(long, "-pod") == "a" * 27 + "cc7ed669cf88f201c3297c6a91e1d18d" + "-pod"
    assert len(child_name(long, "-pod")) == MAX_NAME
    suffix = "-longtask" + "-0123456789" * 5
    assert child_name("mypipelinerun", suffix) == (
        "mypipelinerun" + "a56c4ee0aab148ee219d40b21dfe935a" + "-longtask-01234567"
    )
    assert child_name("a" * 31, f"-{'b' * 31}") == child_name("a" * 31, f"-{'b' * 31}").rstrip("-")
