from typing import Any

import pytest
from carvel_traces import history

from pkgops.kapp import KappError
from pkgops.kapp.change import Differ
from pkgops.kapp.config import split
from pkgops.platform.carvel import packages

Obj = dict[str, Any]


def package(repository: str, revision: str = "", **spec: Any) -> Obj:
    document = {
        "apiVersion": "data.packaging.carvel.dev/v1alpha1",
        "kind": "Package",
        "metadata": {"name": "web.demo.carto.1.0.0", "namespace": "elsewhere"},
        "spec": {"refName": "web.demo.carto", "version": "1.0.0", **spec},
    }
    if revision:
        document["metadata"]["annotations"] = {"packaging.carvel.dev/revision": revision}
    return packages.published([document], repository)[0]


def test_only_packages_are_published_without_their_namespace() -> None:
    found = packages.published([{"apiVersion": "v1", "kind": "Secret"}, None, package("a/b")], "apps/repo")
    assert [doc["kind"] for doc in found] == ["Package"]
    assert "namespace" not in found[0]["metadata"]


def test_annotations_are_the_recorded_ones() -> None:
    recorded = history("Package", "data.packaging", "apps-prod")[0]["metadata"]["annotations"]
    made = package("apps-prod/hello-go-from-pkg-deliverable")["metadata"]["annotations"]
    assert {key: recorded[key] for key in made} == made
    assert set(recorded) - set(made) == {"kapp.k14s.io/identity", "kbld.k14s.io/images"}


def operation(new: Obj, existing: Obj) -> str:
    _, config = split([packages.rebase_config()])
    return Differ(config, packages.keep_identical, wait=False).upsert(new, existing).op


def test_same_package_of_another_repository_stays_where_it_is() -> None:
    assert operation(package("apps/one"), package("apps/two")) == "noop"
    assert operation(package("apps/one", releaseNotes="new"), package("apps/one")) == "update"


def test_newer_revision_wins() -> None:
    old, new = package("apps/one", "1.9"), package("apps/two", "1.10", releaseNotes="new")
    assert operation(new, old) == "update"
    assert operation(old, new) == "noop"


def test_different_package_of_another_repository_is_a_conflict() -> None:
    with pytest.raises(
        KappError, match=r"already present but not identical \(mismatch in spec.releaseNotes\)"
    ):
        operation(package("apps/one", releaseNotes="a"), package("apps/two", releaseNotes="b"))
