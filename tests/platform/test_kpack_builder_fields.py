"""Every field that counts of what kpack's builders are made of, and of sources and their Secrets."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3
from acted_on_kit import Memory, Scene, acted_on, makes_a_difference, scenes
from fake_registry import FakeRegistry
from git_fixtures import guarded, work
from kpack_published import Published

from pkgops.kube import Obj
from pkgops.oci import RegistryClient
from pkgops.platform.conditions import is_ready
from pkgops.platform.fieldsupport import Field
from pkgops.platform.kpack.builder import Builders
from pkgops.platform.kpack.clusterparts import (
    ClusterParts,
    buildpack_status,
    lifecycle_status,
    stack_status,
    store_status,
)
from pkgops.platform.kpack.resolver import SourceResolvers
from pkgops.platform.kpack.review import problems
from pkgops.platform.queue import Key

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="needs git, for the server's side")
__all__ = ["guarded", "work"]

PARTS = {
    "ClusterLifecycle": lifecycle_status,
    "ClusterStack": stack_status,
    "ClusterStore": store_status,
    "ClusterBuildpack": buildpack_status,
    "Buildpack": buildpack_status,
}
BUILDERS = ("ClusterBuilder", "Builder")
KINDS = (*PARTS, *BUILDERS, "SourceResolver", "Secret")


@pytest.fixture(scope="module")
def given(work: Path, guarded: str) -> Iterator[dict[str, Scene]]:
    registry = FakeRegistry()
    published = Published(registry, RegistryClient(timeout=5))
    published.package_of(name="newer", **{"shop/leaf": "1.3.0"})
    registry.auth = "basic"
    text = json.dumps(
        {name: scene for name, scene in scenes("kpack").items() if name in ("builders", "sources")}
    )
    yield json.loads(text.replace("REGISTRY", registry.host).replace("GUARDED", guarded))
    registry.close()


def played(scene: Scene) -> tuple[Memory, list[Any]]:
    """Return the objects after they were reconciled, and the messages of admission."""
    world, said = Memory(), []
    for obj in scene:
        world.put({**obj, "metadata": {"generation": 1, **obj["metadata"]}})
        if obj["kind"] in (*PARTS, *BUILDERS):
            said.append(problems(obj, None, has_default_class=True))
    platform: Any = world
    reconcilers = {
        **{kind: ClusterParts(platform, kind, read).reconcile for kind, read in PARTS.items()},
        **{kind: Builders(platform, kind).reconcile for kind in BUILDERS},
        "SourceResolver": SourceResolvers(platform, urllib3.PoolManager()).reconcile,
    }
    for kind, reconcile in reconcilers.items():
        keys = [name.partition("/") for own, name in world.objects if own == kind]
        said += [reconcile(Key(namespace, name)) for namespace, _, name in keys]
    return world, said


def outcome(scene: Scene) -> Any:
    """Return the statuses at the end, and the messages."""
    world, said = played(scene)
    return [[[*name, obj.get("status")] for name, obj in world.objects.items()], said]


def test_a_whole_scene_is_ready(given: dict[str, Scene]) -> None:
    objects: list[Obj] = [obj for scene in given.values() for obj in played(scene)[0].objects.values()]
    looked_at = [obj for obj in objects if obj["kind"] in KINDS and obj["kind"] != "Secret"]
    assert [obj for obj in looked_at if not is_ready(obj)] == []


@pytest.mark.parametrize(
    ("kind", "field"),
    [one for one in acted_on("kpack") if one[0] in KINDS],
    ids=lambda one: getattr(one, "path", one),
)
def test_without_a_field_that_counts_another_thing_becomes_of_it(
    kind: str, field: Field, given: dict[str, Scene]
) -> None:
    assert makes_a_difference(kind, field, given, outcome)
