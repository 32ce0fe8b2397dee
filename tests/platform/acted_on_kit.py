"""Scenes of objects with every field that is acted on: the outcome of each when a field is removed."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from itertools import zip_longest
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from fields_kit import fields
from pipeline_runs_kit import Cluster
from written_cases import DATA

from pkgops.formats import yaml
from pkgops.kube import Obj
from pkgops.platform.fieldsupport import LIST, Field, parts_of
from pkgops.platform.runtime import Platform


class Memory(Cluster):
    """A platform and its client over objects in memory, of any namespace."""

    config = SimpleNamespace(images={"entrypoint": "entrypoint:1"})

    def put(self, obj: Obj) -> Obj:
        self.objects[(obj["kind"], f"{obj['metadata']['namespace']}/{obj['metadata']['name']}")] = obj
        return obj

    def get(self, api: str, kind: str, name: str, namespace: str = "") -> Obj | None:
        return self.objects.get((kind, f"{namespace}/{name}"))

    find = get

    def create(self, obj: Obj) -> Obj:
        meta = obj["metadata"]
        if self.get("", obj["kind"], meta["name"], meta["namespace"]):
            return self.objects[(obj["kind"], f"{meta['namespace']}/{meta['name']}")]
        made = json.loads(json.dumps(obj))
        made["metadata"]["uid"] = meta["name"]
        return self.put(made)

    def patch(self, api: str, kind: str, name: str, namespace: str, changes: Obj) -> Obj:
        obj = json.loads(json.dumps(self.objects[(kind, f"{namespace}/{name}")]))
        for part, values in changes.items():
            obj.setdefault(part, {}).update(values)
        return self.put(obj)

    def save_status(self, obj: Obj, status: Obj) -> Obj:
        meta = obj["metadata"]
        return self.put(
            {**self.objects[(obj["kind"], f"{meta['namespace']}/{meta['name']}")], "status": status}
        )

    def delete(self, api: str, kind: str, name: str, namespace: str, uid: str = "") -> None:
        self.objects.pop((kind, f"{namespace}/{name}"), None)


class Direct(Platform):
    """A platform that reads the server without a cache."""

    def get(self, api_version: str, kind: str, name: str, namespace: str = "") -> Obj | None:
        return self.client.find(api_version, kind, name, namespace)

    def list(
        self, api_version: str, kind: str, namespace: str = "", labels: Mapping[str, str] | None = None
    ) -> list[Obj]:
        return list(self.client.list(api_version, kind, namespace, labels=labels).items)


BY_ABSENCE: dict[str, tuple[str, ...]] = {
    "flux": ("GitRepository", "ImageRepository", "ImagePolicy"),
    "carvel": ("App", "PackageRepository", "PackageInstall", "Package", "Namespace"),
    "kpack": (
        *("Image", "Build", "Builder", "ClusterBuilder", "ClusterStack", "ClusterStore", "ClusterLifecycle"),
        *("SourceResolver", "Secret", "Buildpack", "ClusterBuildpack"),
    ),
    "tekton": ("Task", "TaskRun", "Pipeline", "PipelineRun", "StepAction"),
    "carto": (
        *("Workload", "Deliverable", "Runnable", "ClusterSupplyChain", "ClusterDelivery"),
        *("ClusterSourceTemplate", "ClusterImageTemplate", "ClusterConfigTemplate"),
        *("ClusterDeploymentTemplate", "ClusterTemplate", "ClusterRunTemplate"),
    ),
    "knative": ("Service", "Configuration", "Revision", "Route"),
    "storage": ("PersistentVolumeClaim", "StorageClass"),
}
"""The kinds of which each field that is acted on is removed from objects, to compare the outcomes."""

Scene = list[Obj]
Outcome = Callable[[Scene], Any]


def scenes(group: str) -> dict[str, Scene]:
    """Return the scenes of a group, by the names of their files."""
    files = sorted((DATA / "acted-on" / group).glob("*.yaml"))
    return {path.stem: read(path) for path in files}


def read(path: Path) -> Scene:
    return [obj for obj in yaml.parse_all(path.read_text(), path.name) if obj]


def acted_on(group: str) -> list[tuple[str, Field]]:
    """Return the fields of a group's kinds that are acted on, each with its kind."""
    return [(kind, field) for kind in BY_ABSENCE[group] for field in fields(group, kind, "acted on")]


def makes_a_difference(kind: str, field: Field, given: dict[str, Scene], outcome: Outcome) -> bool:
    """Return whether the outcome of some scene is another one without a field of a kind."""
    return any(
        _differs(outcome, usual(outcome, name, scene), other)
        for name, scene in given.items()
        for other in scenes_without(scene, kind, field)
    )


def scenes_without(scene: Scene, kind: str, field: Field) -> Iterator[Scene]:
    """Yield the scene with each object of a kind without a field, where it has that."""
    for index, obj in enumerate(scene):
        if obj["kind"] == kind:
            changed = copy.deepcopy(obj)
            _remove(changed, parts_of(field.path))
            if changed != obj:
                yield [*scene[:index], changed, *scene[index + 1 :]]


_KNOWN: dict[tuple[Outcome, str], list[str]] = {}


def usual(outcome: Outcome, name: str, scene: Scene) -> list[str]:
    """Return the outcome of a complete scene, which is cached: see ``parts``."""
    if (outcome, name) not in _KNOWN:
        # A complete scene raises no error: one here is a fault of the test.
        _KNOWN[outcome, name] = list(parts(outcome, scene))
    return _KNOWN[outcome, name]


def parts(outcome: Outcome, scene: Scene) -> Iterator[str]:
    """Yield the outcome of a scene as texts: each value that a generator yields, or the outcome itself."""
    found = outcome(copy.deepcopy(scene))
    for one in found if isinstance(found, Iterator) else (found,):
        yield json.dumps(one, sort_keys=True, default=str)


def _differs(outcome: Outcome, known: list[str], scene: Scene) -> bool:
    """Return whether the outcome of a scene differs, or is an error; it is computed up to the difference."""
    with closing(parts(outcome, scene)) as found:
        try:
            return any(one != other for one, other in zip_longest(known, found))
        except Exception:
            return True


def _remove(value: Any, parts: list[str]) -> None:
    name, items = parts[0].removesuffix(LIST), parts[0].endswith(LIST)
    if not isinstance(value, dict) or name not in value:
        return
    if len(parts) == 1:
        del value[name]
        return
    for one in value[name] if items else [value[name]]:
        _remove(one, parts[1:])
