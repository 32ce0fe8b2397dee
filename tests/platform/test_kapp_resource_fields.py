"""Every annotation and label of kapp's that counts: without it, an app is deployed in another way."""

from __future__ import annotations

import copy
import itertools
import json
import re
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from acted_on_kit import Scene, makes_a_difference, parts, scenes, usual
from fields_kit import fields
from memory_api import MemoryApi
from memory_direct import direct_client

from pkgops.kapp import App, KappError, Options, Output, Pace
from pkgops.kube import Client, Obj
from pkgops.platform.fieldsupport import Field, parts_of

KIND = "Resources of an App"
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
OTHERS = re.compile(
    r"[0-9a-f]{8}-[0-9a-f-]{27}|(?<=-change-)\w{5}|\d{4}-\d\d-\d\dT[0-9:.]+Z|\d\d:\d\d:\d\d(AM|PM)"
)
"""What is another one each time."""
ASSOCIATION = "kapp.k14s.io/association"


def outcome(scene: Scene) -> Any:
    """Deploy a scene, then with other content, then without its last resource, and delete it.

    Resources that are marked as existing are in the cluster before. Returns the content of the cluster after
    each step, and kapp's output.
    """
    api = MemoryApi()
    api.namespaces("apps")
    for obj in scene:
        if obj.get("there"):
            api.put(_resource(obj, "before"))
    client = direct_client(api)
    steps: list[Any] = []
    try:
        for version, given in (("1", scene), ("2", scene), ("3", scene[:-1])):
            steps.append(_step(client, [_resource(obj, version) for obj in given]))
            steps.append(_content(api))
            _add_pods(api)
        steps.append(_step(client, None))
        steps.append(_content(api))
    finally:
        api.close()
    return OTHERS.sub("*", json.dumps(steps, sort_keys=True))


def _resource(obj: Obj, version: str) -> Obj:
    made = {key: value for key, value in copy.deepcopy(obj).items() if key not in ("there", "kept")}
    made["metadata"]["namespace"] = "apps"
    # The list's kind is all resources of an App; what they are themselves is in a field of their own.
    made["kind"] = made.pop("really")
    if made["kind"] == "ConfigMap" and "data" not in made:
        made["data"] = {"version": version}
    if made["kind"] == "Deployment":
        labels = {"app": made["metadata"]["name"]}
        pod = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": version, "image": "a"}]}}
        made["spec"] = {"replicas": 1, "selector": {"matchLabels": labels}, "template": pod}
    return made


def _step(client: Client, resources: list[Obj] | None) -> list[str]:
    ticks = itertools.count()
    pace = Pace(
        now=lambda: NOON + timedelta(seconds=next(ticks)),
        sleep=lambda _: None,
        cancelled=lambda: False,
        timeout=timedelta(seconds=20),
    )
    app = App(client=client, name="web.app", namespace="apps", pace=pace, options=Options())
    out = Output(lambda: NOON, lambda _: None)
    try:
        if resources is None:
            app.delete(out)
        else:
            app.deploy(resources, out)
    except KappError as error:
        return [out.text, error.what]
    return [out.text]


def _content(api: MemoryApi) -> list[Any]:
    hidden = ("resourceVersion", "managedFields", "uid")
    found = [
        {**obj, "metadata": {key: value for key, value in obj["metadata"].items() if key not in hidden}}
        for served, _, obj in api.objects.everything()
        if served.kind not in ("Namespace", "Event")
    ]
    return sorted(found, key=lambda obj: OTHERS.sub("*", json.dumps(obj, sort_keys=True)))


def _add_pods(api: MemoryApi) -> None:
    """Add the pod of each Deployment that has none; it is never ready, though the Deployment is."""
    for served, _, obj in list(api.objects.everything()):
        labels = obj["metadata"].get("labels") or {}
        if served.kind == "Deployment" and ASSOCIATION in labels:
            name = obj["metadata"]["name"]
            meta = {"name": name, "namespace": "apps", "labels": {ASSOCIATION: labels[ASSOCIATION]}}
            api.put({"apiVersion": "v1", "kind": "Pod", "metadata": meta, "status": {"phase": "Pending"}})
            ready = dict.fromkeys(("replicas", "updatedReplicas", "readyReplicas", "availableReplicas"), 1)
            status = {"observedGeneration": 99, **ready, "unavailableReplicas": 0}
            api.objects.update(served, {**obj, "status": status}, status=True)


@cache
def given() -> dict[str, Scene]:
    (found,) = scenes("kapp").values()
    parts: dict[str, Scene] = {}
    for obj in found:
        parts.setdefault(obj.pop("scene"), []).append({**obj, "really": obj["kind"], "kind": KIND})
    return parts


FIELDS = [
    one
    for one in fields("carvel", KIND, "acted on")
    if not one.path.endswith(("create-strategy]", "owned-for-deletion]"))
]
"""Those two have tests of their own: they need another who writes meanwhile, and objects of controllers."""
WRITTEN = (
    *("app", "app-change-app", "app-change-app-label", "app-changes-use-app-label", "association"),
    *("identity", "is-app", "is-app-change", "orphaned", "original", "original-diff-md5"),
)
"""What kapp itself writes."""


def name_of(field: Field) -> str:
    return parts_of(field.path)[-1].rpartition("/")[2]


def test_the_same_becomes_of_the_same() -> None:
    for name, scene in given().items():
        assert list(parts(outcome, scene)) == usual(outcome, name, scene), name


@pytest.mark.parametrize("field", [one for one in FIELDS if name_of(one) in WRITTEN], ids=name_of)
def test_what_kapp_writes_is_written(field: Field) -> None:
    key = parts_of(field.path)[-1]
    texts = ["".join(usual(outcome, *one)).replace("\\", "") for one in given().items()]
    assert any(f'"{key}": "' in text for text in texts)


@pytest.mark.parametrize("field", [one for one in FIELDS if name_of(one) not in WRITTEN], ids=name_of)
def test_without_what_counts_an_app_is_deployed_or_deleted_in_another_way(field: Field) -> None:
    assert makes_a_difference(KIND, field, given(), outcome)
