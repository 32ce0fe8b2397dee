import pytest

from pkgops.kapp import fields
from pkgops.kapp.errors import KappError

ALL = {"allIndexes": True}


def copied(target: dict[str, object], path: list[object], *sources: dict[str, object]) -> dict[str, object]:
    fields.copy_field(target, fields.parse_path(path), sources)
    return target


def test_first_source_that_has_the_field_wins() -> None:
    assert copied({}, ["a", "b"], {}, {"a": {"b": 1}}) == {"a": {"b": 1}}
    assert copied({"a": {"b": 0}}, ["a", "b"], {"a": {"b": 2}}, {"a": {"b": 1}}) == {"a": {"b": 2}}
    assert copied({"a": {}}, ["a", "b"], {}, {}) == {"a": {}}


def test_wildcards_copy_item_by_item_and_make_no_items() -> None:
    source = {"w": [{"ca": "x"}, {"ca": "y"}, {"ca": "z"}]}
    target: dict[str, object] = {"w": [{"n": 1}, {"n": 2}]}
    assert copied(target, ["w", ALL, "ca"], source) == {"w": [{"n": 1, "ca": "x"}, {"n": 2, "ca": "y"}]}


def test_index_and_regex() -> None:
    assert copied({"l": [{}, {}]}, ["l", {"index": 1}, "k"], {"l": [{}, {"k": 3}]}) == {"l": [{}, {"k": 3}]}
    source = {"notes": {"a/one": "1", "b/two": "2"}}
    assert copied({}, ["notes", {"regex": "^a/"}], source) == {"notes": {"a/one": "1"}}


def test_removal_of_what_is_absent_changes_nothing() -> None:
    obj: dict[str, object] = {"a": {"b": 1, "c": 2}}
    fields.remove(obj, fields.parse_path(["a", "b"]))
    fields.remove(obj, fields.parse_path(["x", "y"]))
    assert obj == {"a": {"c": 2}}


def test_labels_are_merged_and_made_only_where_wanted() -> None:
    obj: dict[str, object] = {"spec": {}}
    fields.merge_strings(obj, ("metadata", "labels"), {"a": "1"})
    fields.merge_strings(obj, ("spec", "selector"), {"a": "1"}, create=False)
    assert obj == {"metadata": {"labels": {"a": "1"}}, "spec": {}}


@pytest.mark.parametrize("path", ["text", [{"other": 1}], [None]])
def test_unknown_path_parts_are_refused(path: object) -> None:
    with pytest.raises(KappError):
        fields.parse_path(path)
