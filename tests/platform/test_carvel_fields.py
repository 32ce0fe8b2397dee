"""Every field of kapp-controller's kinds that counts: without it, another thing is deployed."""

from __future__ import annotations

import base64
import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from acted_on_kit import Direct, Scene, acted_on, makes_a_difference, parts, scenes, usual
from carvel_places import PACKAGE, access, committed, registry, web
from fields_kit import undefined
from git_fixtures import url, work
from memory_api import MemoryApi
from memory_direct import direct_client

from pkgops.kube import Obj
from pkgops.platform.carvel import objects
from pkgops.platform.carvel.app import AppReconciler
from pkgops.platform.carvel.packageinstall import GLOBAL_NAMESPACE, InstallReconciler
from pkgops.platform.carvel.repository import RepositoryReconciler
from pkgops.platform.config import PlatformConfig
from pkgops.platform.fieldsupport import Field
from pkgops.platform.queue import Key

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="needs git, for the server's side")
__all__ = ["url", "work"]

APIS = {
    "App": objects.APP_API,
    "PackageRepository": objects.PACKAGING_API,
    "PackageInstall": objects.PACKAGING_API,
    "Package": objects.DATA_API,
}
ROUNDS = ("PackageRepository", "PackageInstall", "App", "PackageInstall", "App", "PackageInstall", "App")
OTHERS = re.compile(
    r"[0-9a-f]{8}-[0-9a-f-]{27}|\d{4}-\d\d-\d\dT[0-9:.]+Z|(?<=127.0.0.1:)\d+"
    r"|(?<=-change-)\w{5}|[0-9a-f]{32}"
)
"""What is another one each time."""
FAILING = (
    *("App/git-login", "App/http-sum", "App/lost", "App/strict"),
    *("PackageInstall/shut", "PackageInstall/too-new", "PackageInstall/too-old"),
    *("PackageRepository/git-login", "PackageRepository/http-sum"),
)
WAITING = ("PackageInstall/canceled", "PackageInstall/paused")
"""Their Apps are left alone."""


@pytest.fixture(scope="module")
def given(work: Path, url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Scene]]:
    commit = committed(work)
    with registry(tmp_path_factory.mktemp("pushed")) as images, web(tmp_path_factory.mktemp("web")) as pages:
        places = {
            "GIT": url,
            "COMMIT": commit,
            "WEB": pages,
            "REGISTRY": images.host,
            "ACCESS": access(images.host),
            "PACKAGE": base64.b64encode(PACKAGE.format("7.0.0").encode()).decode(),
        }
        text = json.dumps(scenes("carvel"))
        for word, value in places.items():
            text = re.sub(rf"\b{word}\b", value, text)
        yield dict(_parts(json.loads(text)))


def _parts(given: dict[str, Scene]) -> Iterator[tuple[str, Scene]]:
    """Yield what is in each namespace as a scene of its own; what has no namespace is in all of them."""
    for name, scene in given.items():
        wide = [obj for obj in scene if obj["kind"] == "Namespace"]
        shared = [obj for obj in scene if obj not in wide and "namespace" not in obj["metadata"]]
        placed = [
            obj for obj in scene if obj["metadata"].get("namespace", GLOBAL_NAMESPACE) != GLOBAL_NAMESPACE
        ]
        everywhere = [obj for obj in scene if obj["metadata"].get("namespace") == GLOBAL_NAMESPACE]
        for space in sorted({obj["metadata"]["namespace"] for obj in placed}):
            here = [{**obj, "metadata": {**obj["metadata"], "namespace": space}} for obj in shared]
            own = [obj for obj in placed if obj["metadata"]["namespace"] == space]
            yield f"{name} {space}", [*wide, *everywhere, *here, *own]


class Scenery:
    """The controllers over a server in memory."""

    def __init__(self, scene: Scene) -> None:
        self.api = MemoryApi()
        self.api.serve(*((api, kind) for kind, api in APIS.items()))
        self.api.put(*scene)
        self.client = direct_client(self.api)
        config = PlatformConfig(hooks_port=0, webhook_port=0)
        self.platform = platform = Direct(self.client, config, lambda: datetime(2026, 1, 1, tzinfo=UTC))
        self._reconcile = {
            "App": AppReconciler(platform).reconcile,
            "PackageRepository": RepositoryReconciler(platform).reconcile,
            "PackageInstall": InstallReconciler(platform).reconcile,
        }
        self.waits: list[Any] = []

    def of(self, kind: str) -> Iterator[tuple[Obj, Key]]:
        for obj in self.client.list(APIS[kind], kind).items:
            yield obj, Key(obj["metadata"]["namespace"], obj["metadata"]["name"])

    def work(self) -> None:
        """Reconcile every object until none depends on another that is not ready."""
        for kind in ROUNDS:
            self.waits += [[kind, key.name, self._reconcile[kind](key)] for _, key in self.of(kind)]

    def delete(self) -> None:
        """Delete what is to be deleted."""
        for kind in self._reconcile:
            for obj, key in self.of(kind):
                if obj["metadata"].get("labels", {}).get("is") == "going":
                    self.client.delete(APIS[kind], kind, key.name, key.namespace)

    def content(self) -> list[Obj]:
        found = [obj for _, _, obj in self.api.objects.everything() if obj["kind"] not in ("Event", "Lease")]
        return sorted(found, key=lambda obj: OTHERS.sub("*", json.dumps(obj, sort_keys=True)))


def played(scene: Scene) -> Iterator[Any]:
    """Yield the objects after two rounds of reconciles, and the seconds until the next ones."""
    scenery = Scenery(scene)
    try:
        scenery.work()
        yield scenery.content()
        scenery.delete()
        scenery.work()
        yield scenery.content()
        yield scenery.waits
    finally:
        scenery.platform.stop()
        scenery.api.close()


def outcome(scene: Scene) -> Iterator[Any]:
    """Yield the outcome of a scene, without values that differ each time."""
    for found in played(scene):
        yield OTHERS.sub("*", json.dumps(found, sort_keys=True))


def _fields() -> list[tuple[str, Field]]:
    """Return the fields that count; of a name with a number in it the first."""
    return [(kind, replace(field, path=field.path.replace("{}", "0"))) for kind, field in acted_on("carvel")]


def test_all_goes_well_but_for_what_is_to_fail(given: dict[str, Scene]) -> None:
    failed: dict[str, Any] = {}
    for scene in given.values():
        for obj in next(played(scene)):
            said = (obj.get("status") or {}).get("conditions") or []
            name = f"{obj['kind']}/{obj['metadata']['name']}"
            if "conditions" in (obj.get("status") or {}) and said[-1]["type"] != "ReconcileSucceeded":
                failed[name] = obj["status"]
    assert set(failed) == {*FAILING, *WAITING}, failed
    # A value that differs each time would cause a write of the status in each reconcile.
    assert [name for name, told in failed.items() if "pkgops-carvel-" in json.dumps(told)] == []


def test_every_field_that_is_written_into_a_status_is_defined(given: dict[str, Scene]) -> None:
    found = [obj for scene in given.values() for seen in list(played(scene))[:2] for obj in seen]
    assert undefined("carvel", found) == {kind: set() for kind in set(ROUNDS)}


def test_the_same_becomes_of_the_same(given: dict[str, Scene]) -> None:
    for name, scene in given.items():
        assert list(parts(outcome, scene)) == usual(outcome, name, scene)


@pytest.mark.parametrize(("kind", "field"), _fields(), ids=lambda one: getattr(one, "path", one))
def test_without_a_field_that_counts_another_thing_becomes_of_it(
    kind: str, field: Field, given: dict[str, Scene]
) -> None:
    assert makes_a_difference(kind, field, given, outcome)
