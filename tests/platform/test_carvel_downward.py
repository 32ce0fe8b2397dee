"""Values of the downward API, as kapp-controller takes them from an App's metadata."""

from __future__ import annotations

from typing import Any

import pytest

from pkgops.platform.carvel.downward import BadItem, values

METADATA = {
    "name": "web",
    "namespace": "apps",
    "uid": "u1",
    "labels": {"team": "a", "app.kubernetes.io/name": "web"},
}
ONE_FIELD = "Invalid field spec provided to DownwardAPI. Only single supported fields are allowed"
PATH = (
    "unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' "
    "or '{.name1.name2}'"
)
HINT = "(hint: separate paths should only use a single '.' character)"


def value(path: str, name: str = "a") -> Any:
    [found] = values([{"name": name, "fieldPath": path}], METADATA)
    return found


@pytest.mark.parametrize("path", ["metadata.name", ".metadata.name", "{metadata.name}", "{.metadata.name}"])
def test_a_path_may_be_written_in_four_ways(path: str) -> None:
    assert value(path) == {"a": "web"}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("metadata.uid", "u1"),
        ("metadata.labels", METADATA["labels"]),
        ("metadata.labels.team", "a"),
        (r"metadata.labels.app\.kubernetes\.io/name", "web"),
        ("metadata.labels['app.kubernetes.io/name']", "web"),
        ('{.metadata.labels["app.kubernetes.io/name"]}', "web"),
        ("metadata.annotations", {}),
    ],
)
def test_fields_of_the_metadata(path: str, found: object) -> None:
    assert value(path) == {"a": found}


def test_a_name_with_dots_is_a_place_and_a_backslash_keeps_one() -> None:
    assert value("metadata.name", "app.name") == {"app": {"name": "web"}}
    assert value("metadata.name", r"app\.name.x") == {"app.name": {"x": "web"}}


def test_each_item_has_values_of_its_own_in_their_order() -> None:
    items = [{"name": "a.b", "fieldPath": "metadata.name"}, {"name": "a.c", "fieldPath": "metadata.uid"}]
    assert values(items, METADATA) == [{"a": {"b": "web"}}, {"a": {"c": "u1"}}]


@pytest.mark.parametrize(
    ("name", "path", "said"),
    [
        ("a", "metadata.nam", "nam is not found"),
        ("a", "spec.paused", "spec is not found"),
        ("a", "metadata.labels.nobody", "nobody is not found"),
        ("a", "metadata.name.first", "first is not found"),
        ("a", "metadata.creationTimestamp", "creationTimestamp is not found"),
        ("a", "metadata.labels.*", ONE_FIELD),
        ("a", "metadata..name", ONE_FIELD),
        ("a", "{metadata.name", PATH),
        ("a", "", "Invalid downward API item given"),
        *(
            (
                name,
                "metadata.name",
                f"Invalid name was provided '{name}' {HINT}",
            )
            for name in (".a", "a.", "a..b")
        ),
    ],
)
def test_what_is_no_item_is_told_in_kapp_controllers_words(name: str, path: str, said: str) -> None:
    with pytest.raises(BadItem) as found:
        value(path, name)
    assert str(found.value) == said
