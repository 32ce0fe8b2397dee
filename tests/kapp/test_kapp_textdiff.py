"""Changes as kapp shows them, line by line."""

from __future__ import annotations

from typing import Any

from pkgops.kapp.change import Change, Differ
from pkgops.kapp.config import defaults
from pkgops.kapp.textdiff import DiffView

Obj = dict[str, Any]
DIFFER = Differ(defaults())


def config_map(**data: str) -> Obj:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "a", "namespace": "apps"},
        "data": data,
    }


def shown(changes: list[Change], context: int = 2, *, numbers: bool = True) -> list[str]:
    return DiffView(DIFFER, context, numbers).show(changes).split("\n")


def test_what_is_created_is_shown_whole() -> None:
    assert shown([DIFFER.upsert(config_map(b="1"), None)]) == [
        "@@ create configmap/a (v1) namespace: apps @@",
        "      0 + apiVersion: v1",
        "      1 + data:",
        '      2 +   b: "1"',
        "      3 + kind: ConfigMap",
        "      4 + metadata:",
        "      5 +   name: a",
        "      6 +   namespace: apps",
        "      7 + ",
    ]


def test_a_change_is_shown_with_the_lines_around_it() -> None:
    old = {key: str(value) for value, key in enumerate("abcdefgh")}
    change = DIFFER.upsert(config_map(**{**old, "d": "x"}), config_map(**old))
    assert shown([change])[1:] == [
        "  ...",
        '  4,  4     c: "2"',
        '  5     -   d: "3"',
        "      5 +   d: x",
        '  6,  6     e: "4"',
        '  7,  7     f: "5"',
    ]
    assert shown([change], 0, numbers=False)[1:] == ['-   d: "3"', "+   d: x"]
    assert len(shown([change], -1)) == 17


def test_values_of_secrets_are_not_shown() -> None:
    def secret(**data: str) -> Obj:
        return {**config_map(**data), "kind": "Secret"}

    change = DIFFER.upsert(secret(a="c2FtZQ==", b="bmV3"), secret(a="c2FtZQ==", b="b2xk"))
    text = "\n".join(shown([change]))
    assert "b: <-- value not shown (#2)" in text
    assert "b: <-- value not shown (#3)" in text
    assert "bmV3" not in text


def test_what_is_deleted_is_shown_and_what_an_owner_deletes_is_not() -> None:
    own = config_map(b="1")
    own["metadata"]["annotations"] = {"kapp.k14s.io/identity": "v1;apps//ConfigMap/a;v1"}
    gone = shown([DIFFER.removal(own)])
    assert gone[:2] == ["@@ delete configmap/a (v1) namespace: apps @@", "  0     - apiVersion: v1"]
    child = config_map(b="1")
    child["metadata"]["annotations"] = {"kapp.k14s.io/identity": "v1;apps//ConfigMap/parent;v1"}
    assert shown([DIFFER.removal(child)]) == ["@@ noop configmap/a (v1) namespace: apps @@"]
