"""Every field of Cartographer's kinds that counts: without it, another thing is made of an owner."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from acted_on_kit import Direct, Scene, acted_on, makes_a_difference, parts, scenes, usual
from carto_variants import API, OUTPUTS, THINGS, template_scenes
from fields_kit import undefined
from memory_api import MemoryApi
from memory_direct import direct_client

from pkgops.errors import PkgopsError
from pkgops.kube import Obj
from pkgops.platform.carto.admission import respond
from pkgops.platform.carto.blueprint import BlueprintReconciler
from pkgops.platform.carto.owner import OwnerReconciler
from pkgops.platform.carto.owner_kinds import OWNERS
from pkgops.platform.carto.runnable import RunnableReconciler
from pkgops.platform.carto.watches import StampedWatches
from pkgops.platform.config import PlatformConfig
from pkgops.platform.fieldsupport import Field
from pkgops.platform.queue import Key

BLUEPRINTS = tuple(kind.blueprint for kind in OWNERS)
CLUSTER_WIDE = (*OUTPUTS, *BLUEPRINTS, "ClusterRunTemplate")
NAMESPACED = (*(kind.kind for kind in OWNERS), "Runnable")
KINDS = (*NAMESPACED, *CLUSTER_WIDE)
ROUNDS = 6
OTHERS = re.compile(
    r"[0-9a-f]{8}-[0-9a-f-]{27}|\d{4}-\d\d-\d\dT[0-9:.]+(Z|\+00:00)|(?<=run-)[0-9a-f]{5}\b"
    r"|(?<=:)[0-9a-f]{64}|resourceVersion\": \"\d+"
)
"""What is another one each time."""


class Clock:
    """The current time; the server has a reference to it, so it must not have one to the server's clients."""

    def __init__(self) -> None:
        self.time = datetime(2026, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time


class Scenery:
    """Cartographer's controllers over a server in memory."""

    def __init__(self, scene: Scene) -> None:
        self.clock = Clock()
        self.api = MemoryApi()
        self.api.objects.clock = self.clock.now
        self.api.serve(*((API, kind) for kind in CLUSTER_WIDE), namespaced=False)
        self.api.serve(*((API, kind) for kind in NAMESPACED), (THINGS, "Thing"))
        self.api.put(*scene)
        self.client = direct_client(self.api)
        config = PlatformConfig(hooks_port=0, webhook_port=0)
        self.platform = platform = Direct(self.client, config, self.clock.now)
        watches = StampedWatches(platform)
        self._reconcilers: dict[str, Any] = {
            kind: BlueprintReconciler(platform, kind).reconcile for kind in BLUEPRINTS
        }
        for kind in OWNERS:
            self._reconcilers[kind.kind] = OwnerReconciler(platform, kind, watches).reconcile
        self._reconcilers["Runnable"] = RunnableReconciler(platform, watches).reconcile
        for kind in NAMESPACED:
            watches.add(kind, platform.controller(kind, API, kind, self._reconcilers[kind]))
        self.said: list[str] = []

    def look(self) -> None:
        """Reconcile all objects once, and again those that are to be retried."""
        for kind, reconcile in self._reconcilers.items():
            for obj in self.client.list(API, kind).items:
                meta = obj["metadata"]
                try:
                    reconcile(Key(meta.get("namespace", ""), meta["name"]))
                except PkgopsError as error:
                    self.said.append(error.what)

    def end_things(self, number: int) -> None:
        """Let what was made in this round end, in turn well and not."""
        for obj in self.client.list(THINGS, "Thing").items:
            if "status" not in obj or obj["metadata"]["name"] in ("made", "source"):
                self._end(obj, number)

    def _end(self, obj: Obj, number: int) -> None:
        well = number % 3 != 2 or not obj["metadata"]["name"].startswith(("made", "run"))
        if "status" in obj and obj["metadata"]["name"].startswith("run"):
            return
        status = "True" if well else "False"
        types = ("Ready", "Succeeded", *(() if well else ("Broken",)))
        said = [
            {"type": one, "status": "True" if one == "Broken" else status, "message": f"{one} {number}"}
            for one in types
        ]
        found = {
            "conditions": said,
            "observedGeneration": obj["metadata"]["generation"],
            "done": "yes" if well else "no",
            "broken": "no" if well else "yes",
            "text": f"text {number}",
            "seen": str(number),
            **{key: f"{key} of {obj['metadata']['name']}" for key in ("url", "revision", "image", "config")},
        }
        served = self.api.of(THINGS, "Thing")
        self.api.objects.update(served, {**obj, "status": found}, status=True)

    def go_on(self, number: int) -> None:
        """Change each owner's param and each Runnable's input, if it has one: another round begins."""
        self.clock.time += timedelta(seconds=5)
        for kind in NAMESPACED:
            for obj in self.client.list(API, kind).items:
                inputs, params = obj["spec"].get("inputs"), obj["spec"].get("params") or []
                if inputs:
                    inputs["round"] = str(number)
                for param in params:
                    if param.get("name") == "round":
                        param["value"] = str(number)
                self.client.update(obj)

    def content(self) -> list[str]:
        """Return the objects that were created, and the statuses of those of the scene."""
        found: list[Obj] = []
        for served, _, obj in self.api.objects.everything():
            if served.kind == "Event":
                continue
            kept = (
                {}
                if served.kind in KINDS
                else {"spec": obj.get("spec"), "labels": obj["metadata"].get("labels")}
            )
            found.append(
                {"apiVersion": obj["apiVersion"], "kind": served.kind, "status": obj.get("status"), **kept}
            )
        return sorted(found, key=lambda obj: OTHERS.sub("*", json.dumps(obj, sort_keys=True)))


def outcome(scene: Scene) -> Iterator[Any]:
    """Yield the responses of admission, the objects after each round, and the errors."""
    yield [
        respond({"request": {"uid": "1", "object": obj, "operation": "CREATE"}})["response"].get("status")
        for obj in scene
        if obj["kind"] in CLUSTER_WIDE
    ]
    for found in played(scene):
        yield OTHERS.sub("*", json.dumps(found, sort_keys=True))


def played(scene: Scene) -> Iterator[list[Any]]:
    """Yield the objects after each round, and at last the errors after which a reconcile is retried."""
    scenery = Scenery(scene)
    try:
        for number in range(ROUNDS):
            scenery.go_on(number)
            scenery.look()
            scenery.end_things(number)
            scenery.look()
            yield scenery.content()
        yield scenery.said
    finally:
        scenery.platform.stop()
        scenery.api.close()


@cache
def given() -> dict[str, Scene]:
    return {**scenes("carto"), **dict(template_scenes())}


def test_the_same_becomes_of_the_same() -> None:
    for name, scene in given().items():
        assert list(parts(outcome, scene)) == usual(outcome, name, scene), name


def test_every_field_that_is_written_into_a_status_is_defined() -> None:
    found = [obj for scene in given().values() for seen in list(played(scene))[:-1] for obj in seen]
    assert undefined("carto", found) == {kind: set() for kind in (*NAMESPACED, *BLUEPRINTS)}


@pytest.mark.parametrize(("kind", "field"), acted_on("carto"), ids=lambda one: getattr(one, "path", one))
def test_without_a_field_that_counts_another_thing_is_made(kind: str, field: Field) -> None:
    assert makes_a_difference(kind, field, given(), outcome)
