import pytest

from pkgops.platform.carto.merge import MANAGER, merge_patch, same


def live(obj: dict[str, object], owned: dict[str, object]) -> dict[str, object]:
    entry = {"manager": MANAGER, "operation": "Update", "fieldsV1": owned}
    return {**obj, "metadata": {**obj.get("metadata", {}), "managedFields": [entry]}}


def test_nothing_to_write_when_the_rendering_is_there() -> None:
    present = live(
        {"spec": {"a": 1, "foreign": 2, "list": [{"x": 1}]}}, {"f:spec": {"f:a": {}, "f:list": {}}}
    )
    assert merge_patch(present, {"kind": "K", "spec": {"a": 1, "list": [{"x": 1}]}}) == {}


def test_foreign_fields_stay_and_own_former_ones_go() -> None:
    present = live(
        {
            "metadata": {"labels": {"mine": "1", "foreign": "2"}, "annotations": {"x": "y"}},
            "spec": {"kept": 1, "dropped": 2, "foreign": 3},
        },
        {"f:metadata": {"f:labels": {"f:mine": {}}}, "f:spec": {"f:kept": {}, "f:dropped": {}}},
    )
    rendered = {"metadata": {"labels": {"new": "1"}}, "spec": {"kept": 5}}
    assert merge_patch(present, rendered) == {
        "metadata": {"labels": {"mine": None, "new": "1"}},
        "spec": {"dropped": None, "kept": 5},
    }


def test_lists_are_written_whole() -> None:
    present = live({"spec": {"l": [{"a": 1, "former": 2}]}}, {"f:spec": {"f:l": {}}})
    assert merge_patch(present, {"spec": {"l": [{"a": 1}]}}) == {"spec": {"l": [{"a": 1}]}}


def test_an_atomic_map_that_was_written_whole_is_replaced() -> None:
    present = live({"spec": {"selector": {"old": "1", "both": "2"}}}, {"f:spec": {"f:selector": {}}})
    assert merge_patch(present, {"spec": {"selector": {"both": "2"}}}) == {
        "spec": {"selector": {"old": None}}
    }


def test_what_others_wrote_through_the_status_does_not_count() -> None:
    present = live({"spec": {}}, {})
    present["metadata"]["managedFields"].append(
        {"manager": MANAGER, "subresource": "status", "fieldsV1": {"f:status": {"f:x": {}}}}
    )
    present["status"] = {"x": 1}
    assert merge_patch(present, {"spec": {}}) == {}


@pytest.mark.parametrize(
    ("wanted", "current", "equal"),
    [
        (None, None, True),
        ({"a": None}, {}, True),
        ({"a": 1}, {"a": 1.0}, True),
        (True, 1, False),
        ("1", 1, False),
        ([1, 2], [1], False),
        ({"a": {"b": []}}, {"a": {"b": []}}, True),
        ({}, None, False),
    ],
)
def test_same(wanted: object, current: object, equal: bool) -> None:
    assert same(wanted, current) is equal
