"""What serves, where every image has a digest and statuses are sorted by name (real controllers)."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from json_copy import json_copy

from pkgops.flows import replay, trace
from pkgops.model import CauseCode, ImageRef, Match, Verdict

REPOSITORY = "10.244.1.1:5000/demo/hello-go-web2pkg"


def test_what_serves_is_always_the_applications_own_image(played):
    images = {env.image for _, snapshot in played("fourth-run") for env in snapshot.environments}
    assert {ImageRef.parse(image).name for image in images} == {"", REPOSITORY}


def test_a_healthy_run_is_never_told_as_stale(played):
    codes = {item.code for _, snapshot in played("fourth-run") for item in snapshot.blockages}
    assert CauseCode.STALE_DEPLOYMENT not in codes
    last = played("fourth-run")[-1][1]
    assert {env.verdict for env in last.environments} == {Verdict.READY}


SIDECAR = {"name": "aaa-metrics", "image": "registry.example.com/metrics@sha256:" + "b" * 64}
MESH = {**SIDECAR, "name": "istio-proxy", "ports": [{"containerPort": 15090, "name": "http-envoy-prom"}]}


def beside(obj, sidecar):
    """An object as it is where a sidecar stands before the application in every template."""
    kind, group = obj["kind"], obj["apiVersion"].partition("/")[0]
    serves = "serving.knative.dev/revision" in (obj["metadata"].get("labels") or {})
    if group != "serving.knative.dev" and not (kind == "Pod" and serves):
        return obj
    found = json_copy(obj)
    if group == "serving.knative.dev" and kind in ("Service", "Configuration"):
        found["spec"]["template"]["spec"]["containers"].insert(0, sidecar)
    elif (group, kind) == ("serving.knative.dev", "Revision") or (kind == "Pod" and serves):
        found["spec"]["containers"].insert(0, sidecar)
        digest = {"name": sidecar["name"], "imageID": sidecar["image"], "imageDigest": sidecar["image"]}
        statuses = (found.get("status") or {}).get("containerStatuses") or []
        if statuses:
            statuses.insert(0, {**digest, "ready": True, "state": {"running": {}}})
    return found


@pytest.fixture(scope="module", params=[SIDECAR, MESH], ids=["metrics", "mesh"])
def with_sidecar(request, recording_of):
    """The recording as it is where a sidecar stands before the application in every template."""
    found = recording_of("fourth-run")
    return replace(
        found, lines=tuple(replace(line, object=beside(line.object, request.param)) for line in found.lines)
    )


@pytest.mark.parametrize("seconds", [54, 57, 85, 118.5, 126, 130, 359])
def test_a_sidecar_beside_the_application_changes_nothing(recording_of, with_sidecar, seconds):
    assert replay.at(with_sidecar, seconds) == replay.at(recording_of("fourth-run"), seconds)


@pytest.fixture(scope="module")
def configured(recording_of):
    """The recording as it is where the configuration names another image before the application's."""
    found = recording_of("fourth-run")

    def changed(obj):
        text = json.dumps(obj)
        if obj["kind"] not in ("ConfigMap", "Runnable", "TaskRun") or "containers:" not in text:
            return obj
        more = r"containers:\g<1>\g<2>- name: aaa\g<1>\g<2>  image: IMAGE\g<1>\g<2>- name: workload"
        text = re.sub(r"containers:(\\+n)( +)- name: workload", lambda match: match.expand(more), text)
        assert "IMAGE" in text
        return json.loads(text.replace("IMAGE", SIDECAR["image"]))

    return replace(found, lines=tuple(replace(line, object=changed(line.object)) for line in found.lines))


@pytest.mark.parametrize("seconds", [41, 43, 54, 85, 126, 359])
def test_another_image_before_the_applications_in_the_configuration_changes_nothing(
    recording_of, configured, seconds
):
    assert replay.at(configured, seconds) == replay.at(recording_of("fourth-run"), seconds)


def test_the_pod_is_traced_by_the_applications_container(recording_of):
    found = recording_of("fourth-run")
    moment = replay.moment(found, 359)
    told = trace.of_tracker(
        moment.tracker, "hello-go-web2pkg", found.began + timedelta(seconds=359), lambda _: None
    )
    steps = [step for chain in told.chains for step in chain.steps if step.name == "pod"]
    assert [(step.match, ImageRef.parse(step.value).name) for step in steps] == [(Match.SAME, REPOSITORY)] * 2


def pods_at_end(recording_of, change):
    """The last moment of the recording, where something else has become of the pods that serve."""
    found = recording_of("fourth-run")
    moment = replay.moment(found, 359)
    store = moment.tracker.store
    for obj in [*store.all("", "Pod"), *store.all("serving.knative.dev", "Revision")]:
        kept = change(json_copy(obj))
        store.apply("MODIFIED" if kept else "DELETED", kept or obj)
    return moment.tracker.snapshot(found.began + timedelta(seconds=359))


def serves(obj):
    return "serving.knative.dev/revision" in (obj["metadata"].get("labels") or {})


def not_ready(obj):
    """A pod whose node was started again: the Revision stays ready, its pod is not."""
    if obj["kind"] == "Pod" and serves(obj):
        for one in obj["status"]["conditions"]:
            if one["type"] in ("Ready", "ContainersReady"):
                one["status"] = "False"
    return obj


def no_image(obj):
    """As `not_ready`, and its image cannot be pulled again."""
    if obj["kind"] == "Pod" and serves(obj):
        not_ready(obj)
        for one in obj["status"]["containerStatuses"]:
            one.update(ready=False, state={"waiting": {"reason": "ImagePullBackOff", "message": "Back-off"}})
    return obj


def scaled_to_zero(obj):
    if obj["kind"] == "Pod" and serves(obj):
        return None
    if obj["kind"] == "Revision":
        told = {"type": "Active", "status": "False", "reason": "NoTraffic", "message": "no traffic"}
        others = [one for one in obj["status"]["conditions"] if one["type"] != "Active"]
        obj["status"]["conditions"] = [*others, told]
    return obj


def test_what_is_ready_by_its_revision_alone_does_not_serve(recording_of):
    environments = pods_at_end(recording_of, not_ready).environments
    assert {env.verdict for env in environments} == {Verdict.WORKING}
    assert {env.stages[-1].reason for env in environments} == {"PodsNotReady"}


def test_a_cause_in_such_a_pod_is_told(recording_of):
    found = pods_at_end(recording_of, no_image)
    assert {item.code for item in found.blockages} == {CauseCode.IMAGE_PULL}


def test_what_is_scaled_to_zero_is_ready_and_its_image_is_known(recording_of):
    before = replay.at(recording_of("fourth-run"), 359).environments
    after = pods_at_end(recording_of, scaled_to_zero).environments
    assert [(env.verdict, env.image) for env in after] == [(env.verdict, env.image) for env in before]
    assert {env.stages[-1].reason for env in after} == {"NoTraffic"}
