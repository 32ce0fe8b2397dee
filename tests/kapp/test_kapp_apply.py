"""How a resource is updated: by its own annotation, else by what the deployment says."""

from __future__ import annotations

import pytest

from pkgops.kapp.apply import apply_change
from pkgops.kapp.change import Change, Differ
from pkgops.kapp.config import Config
from pkgops.kapp.errors import KappError
from pkgops.kapp.identity import DELETE_STRATEGY, DISABLE_ORIGINAL, UPDATE_STRATEGY
from pkgops.kube import Invalid, Obj


class Frozen:
    """The outer edge: a cluster that refuses to change what is there, and lets it be deleted."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def update(self, _: Obj) -> Obj:
        self.calls.append("update")
        raise KappError("field is immutable") from Invalid(422, "Invalid", "field is immutable")

    def delete(self, _: Obj) -> None:
        self.calls.append("delete")

    def gone(self, _: Obj) -> bool:
        return True

    def create(self, obj: Obj) -> Obj:
        self.calls.append("create")
        return obj


def updated(default: str, **notes: str) -> list[str]:
    annotations = {DISABLE_ORIGINAL: "", **notes}
    obj = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "a", "namespace": "b", "annotations": annotations},
        "immutable": True,
    }
    cluster = Frozen()
    apply_change(
        cluster,
        Differ(Config()),
        Change(op="update", wait="none", resource=obj, applied=obj, existing=obj),
        default,
    )  # type: ignore[arg-type]
    return cluster.calls


def test_the_default_strategy_replaces_what_cannot_be_changed() -> None:
    assert updated("fallback-on-replace") == ["update", "delete", "create"]
    assert updated("always-replace") == ["delete", "create"]
    assert updated("skip") == []


def test_without_one_the_refusal_stands() -> None:
    with pytest.raises(KappError, match="immutable"):
        updated("")


def test_a_resource_decides_for_itself() -> None:
    assert updated("always-replace", **{UPDATE_STRATEGY: "skip"}) == []
    with pytest.raises(KappError, match="immutable"):
        updated("always-replace", **{UPDATE_STRATEGY: ""})


def test_an_unknown_one_is_named() -> None:
    with pytest.raises(KappError, match="Unknown update strategy: gently"):
        updated("gently")


class Deleting(Frozen):
    """The outer edge: a cluster that lets resources be deleted, or left."""

    def orphan(self, _: Obj) -> None:
        self.calls.append("orphan")


def deleted(strategy: str) -> list[str]:
    meta = {"name": "a", "namespace": "b", "annotations": {DELETE_STRATEGY: strategy}}
    obj = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta}
    cluster = Deleting()
    change = Change(op="delete", wait="delete", resource=obj, applied=obj, existing=obj)
    apply_change(cluster, Differ(Config()), change)  # type: ignore[arg-type]
    return cluster.calls


def test_a_resource_decides_how_it_is_deleted() -> None:
    assert (deleted(""), deleted("orphan")) == (["delete"], ["orphan"])
    with pytest.raises(KappError, match="Unknown delete strategy: orphaned"):
        deleted("orphaned")
