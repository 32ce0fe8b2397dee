from datetime import UTC, datetime

from pkgops.platform.conditions import condition, find_condition, keep_transitions, set_condition, timestamp
from pkgops.platform.names import MAX_NAME, SAFE_ALPHABET, child_name, random_suffix

OLD = datetime(2026, 1, 1, tzinfo=UTC)
NEW = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)


def test_the_transition_time_stays_while_the_status_stays() -> None:
    before = [condition("Ready", "Unknown", "Waiting", "for a", OLD)]
    same = set_condition(before, condition("Ready", "Unknown", "Waiting", "for b", NEW))
    assert same == [condition("Ready", "Unknown", "Waiting", "for b", OLD)]
    changed = keep_transitions([condition("Ready", "True", "Done", "", NEW)], before)
    assert changed[0]["lastTransitionTime"] == "2026-01-02T03:04:05Z"


def test_set_condition_replaces_in_place_and_appends_what_is_new() -> None:
    conditions = [condition("A", "True", "x", "", OLD), condition("B", "True", "x", "", OLD)]
    conditions = set_condition(conditions, condition("A", "False", "y", "", NEW))
    conditions = set_condition(conditions, condition("C", "True", "x", "", NEW))
    assert [entry["type"] for entry in conditions] == ["A", "B", "C"]
    assert find_condition(conditions, "A") == condition("A", "False", "y", "", NEW)
    assert find_condition(conditions, "D") is None


def test_timestamps_have_seconds_and_z() -> None:
    assert timestamp(NEW) == "2026-01-02T03:04:05Z"


def test_child_names_are_shortened_as_kmeta_does() -> None:
    assert child_name("hello-go-web2pkg", "-pod") == "hello-go-web2pkg-pod"
    long = "a" * 60
    # md5 of sixty a's, after as much of the parent as fits before it and the suffix.
    assert child_name(long, "-pod") == "a" * 27 + "cc7ed669cf88f201c3297c6a91e1d18d" + "-pod"
    assert len(child_name(long, "-pod")) == MAX_NAME


def test_suffixes_use_the_characters_of_generate_name() -> None:
    assert set(random_suffix(200)) <= set(SAFE_ALPHABET)
    assert len(random_suffix()) == 5
