import json

from kapp_traces import deployed

from pkgops.kapp.change import Differ
from pkgops.kapp.config import defaults
from pkgops.kapp.opsdiff import diff_md5, operations

NOTE = "kapp.k14s.io/original-diff-md5"


def test_md5_is_the_one_that_kapp_recorded() -> None:
    differ = Differ(defaults())
    seen = set()
    for found in deployed():
        applied = json.loads(found["metadata"]["annotations"]["kapp.k14s.io/original"])
        record = differ.record(found, applied)
        assert record[NOTE] == found["metadata"]["annotations"][NOTE]
        assert record["kapp.k14s.io/original"] == found["metadata"]["annotations"]["kapp.k14s.io/original"]
        seen.add(record[NOTE])
    assert len(seen) >= 3


def test_last_applied_is_known_until_somebody_changes_the_resource() -> None:
    differ = Differ(defaults())
    found = next(obj for obj in deployed() if obj["kind"] == "ClusterSupplyChain")
    assert differ.last_applied(found) is not None
    changed = {**found, "spec": {**found["spec"], "selector": {"other": "one"}}}
    assert differ.last_applied(changed) is None


def test_operations_of_maps_and_lists() -> None:
    left = {"gone": 1, "kept": 2, "list": [1, 2, 3], "changed": "a"}
    right = {"kept": 2, "list": [1, 5], "changed": "b", "new/one": True}
    assert list(operations(left, right)) == [
        {"type": "test", "path": "/changed", "value": "a"},
        {"type": "replace", "path": "/changed", "value": "b"},
        {"type": "test", "path": "/gone", "value": 1},
        {"type": "remove", "path": "/gone"},
        {"type": "test", "path": "/list/1", "value": 2},
        {"type": "replace", "path": "/list/1", "value": 5},
        {"type": "test", "path": "/list/2", "value": 3},
        {"type": "remove", "path": "/list/2"},
        {"type": "test", "path": "/new~1one", "absent": True},
        {"type": "replace", "path": "/new~1one?", "value": True},
    ]


def test_longer_list_is_appended_to() -> None:
    assert list(operations([1], [1, 2])) == [
        {"type": "test", "path": "/1", "absent": True},
        {"type": "replace", "path": "/-", "value": 2},
    ]


def test_order_of_keys_does_not_count() -> None:
    first = {"spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"a": 1, "b": 2}}}}
    second = {"spec": {"strategy": {"rollingUpdate": {"b": 2, "a": 1}, "type": "RollingUpdate"}}}
    assert diff_md5(first, {"spec": {}}) == diff_md5(second, {"spec": {}})
