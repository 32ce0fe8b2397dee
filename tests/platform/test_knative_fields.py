"""Every field of Knative's kinds that counts: without it, another thing serves."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest
from acted_on_kit import Direct, Scene, acted_on, makes_a_difference, parts, scenes, usual
from fields_kit import undefined
from memory_api import MemoryApi
from memory_direct import direct_client

from pkgops.kube import Obj
from pkgops.platform.config import PlatformConfig
from pkgops.platform.fieldsupport import Field, parts_of
from pkgops.platform.knative import labels as kn
from pkgops.platform.knative import review
from pkgops.platform.knative.configuration import ConfigurationReconciler
from pkgops.platform.knative.revision import RevisionReconciler
from pkgops.platform.knative.route import Address, RouteReconciler
from pkgops.platform.knative.service import ServiceReconciler
from pkgops.platform.queue import Key

KINDS = ("Service", "Configuration", "Revision", "Route")
OTHERS = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d{4}-\d\d-\d\dT[0-9:.]+(Z|\+00:00)|resourceVersion\": \"\d+")
"""Values that differ each time."""
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def outcome(scene: Scene) -> Iterator[Any]:
    """Yield the responses of admission, the seconds until the next reconciles, and the objects at the end."""
    for found in settled(scene):
        yield OTHERS.sub("*", json.dumps(found, sort_keys=True))


def settled(scene: Scene) -> Iterator[Any]:
    """Yield the responses of admission, the results of reconciles until they converge, and the objects."""
    api = MemoryApi()
    api.objects.clock = lambda: NOW
    api.serve(*((kn.API, kind) for kind in KINDS))
    said = []
    for obj in scene:
        taken = review.defaulted(obj, None, "me")
        said.append(review.problems(taken, None))
        api.put(
            {**taken, "metadata": {"generation": 1, "uid": taken["metadata"]["name"], **taken["metadata"]}}
        )
    yield said
    client = direct_client(api)
    platform = Direct(client, PlatformConfig(hooks_port=0, webhook_port=0), lambda: NOW)
    reconcilers: dict[str, Any] = {
        "Service": ServiceReconciler(platform).reconcile,
        "Configuration": ConfigurationReconciler(platform).reconcile,
        "Revision": RevisionReconciler(platform).reconcile,
        "Route": RouteReconciler(platform, Address(0)).reconcile,
    }
    try:
        for _ in range(4):
            for kind, reconcile in reconcilers.items():
                for obj in client.list(kn.API, kind).items:
                    meta = obj["metadata"]
                    yield [kind, meta["name"], reconcile(Key(meta["namespace"], meta["name"]))]
            for obj in client.list("apps/v1", "Deployment").items:
                wanted = obj["spec"]["replicas"]
                status = dict.fromkeys(("replicas", "readyReplicas", "availableReplicas"), wanted)
                api.objects.update(api.of("apps/v1", "Deployment"), {**obj, "status": status}, status=True)
        found = [obj for served, _, obj in api.objects.everything() if served.kind != "Event"]
        yield sorted(found, key=lambda obj: OTHERS.sub("*", json.dumps(obj, sort_keys=True)))
    finally:
        platform.stop()
        api.close()


def _as_others(services: Scene) -> Iterator[tuple[str, Scene]]:
    """Yield what Services have in their templates as Configurations and as Revisions."""
    for service in services:
        meta, template = service["metadata"], service["spec"]["template"]
        configuration: Obj = {"apiVersion": kn.API, "kind": "Configuration", "metadata": copy.deepcopy(meta)}
        yield f"configuration {meta['name']}", [{**configuration, "spec": {"template": template}}]
        given = {"name": f"{meta['name']}-own", **template.get("metadata", {}), "namespace": "ns"}
        revision: Obj = {"apiVersion": kn.API, "kind": "Revision", "metadata": given}
        yield f"revision {meta['name']}", [{**revision, "spec": template["spec"]}]


@cache
def given() -> dict[str, Scene]:
    found = scenes("knative")
    apart = {f"service {obj['metadata']['name']}": [obj] for obj in found.pop("services")}
    return {**found, **apart, **dict(_as_others([obj for scene in apart.values() for obj in scene]))}


FIELDS = acted_on("knative")
WRITTEN = [
    (kind, field)
    for kind, field in FIELDS
    if re.match(r"metadata\.\w+\[serving.knative.dev/", field.path) and "progress-deadline" not in field.path
]


def test_admission_refuses_what_is_to_be_refused_and_the_same_becomes_of_the_same() -> None:
    for name, scene in given().items():
        assert list(parts(outcome, scene)) == usual(outcome, name, scene), name
        refused = [obj["metadata"]["name"].startswith("refused") for obj in scene]
        assert [bool(found) for found in next(settled(scene))] == refused, name


def test_every_field_that_is_written_into_a_status_is_defined() -> None:
    found = [
        obj for scene in given().values() for obj in list(settled(scene))[-1] if obj["apiVersion"] == kn.API
    ]
    assert undefined("knative", found) == {kind: set() for kind in KINDS}


@pytest.mark.parametrize(("kind", "field"), WRITTEN, ids=lambda one: getattr(one, "path", one))
def test_an_annotation_or_label_of_knative_is_written(kind: str, field: Field) -> None:
    key = parts_of(field.path)[-1]
    texts = ["".join(usual(outcome, *one)).replace("\\", "") for one in given().items()]
    assert any(f'"{key}": "' in text for text in texts)


@pytest.mark.parametrize(
    ("kind", "field"),
    [one for one in FIELDS if one not in WRITTEN],
    ids=lambda one: getattr(one, "path", one),
)
def test_without_a_field_that_counts_another_thing_serves(kind: str, field: Field) -> None:
    assert makes_a_difference(kind, field, given(), outcome)
