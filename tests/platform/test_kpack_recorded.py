"""Builds, build pods and statuses, held against what the real kpack made of the same inputs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from tekton_traces import history

from pkgops.platform.kpack import imagestatus
from pkgops.platform.kpack.buildspec import make_build
from pkgops.platform.kpack.buildstatus import failed_status, has_succeeded, running_status, succeeded_status
from pkgops.platform.kpack.changes import changes
from pkgops.platform.kpack.credentials import Account
from pkgops.platform.kpack.pod import PodImages, build_pod

Obj = dict[str, Any]
IMAGE = "hello-go-web2pkg"
SECRET = {
    "metadata": {"name": "registry-credentials", "namespace": "default"},
    "type": "kubernetes.io/dockerconfigjson",
}
ACCOUNT = Account("service-account", (SECRET,), ("registry-credentials",))
IMAGES = PodImages("10.244.0.1:5000/lab/kpack-build-init:2", "10.244.0.1:5000/lab/kpack-completion:2", "")
STAMPED = {
    2: datetime(2026, 11, 22, 17, 45, 28, tzinfo=UTC),
    3: datetime(2026, 11, 22, 17, 58, 52, tzinfo=UTC),
    4: datetime(2026, 11, 22, 18, 3, 2, tzinfo=UTC),
}


def build(number: int) -> Obj:
    return history("second-run", "Build", f"{IMAGE}-build-{number}")[-1]


def first_state(number: int) -> Obj:
    return history("second-run", "Build", f"{IMAGE}-build-{number}")[0]


def pods(number: int) -> list[Obj]:
    return [
        pod for run in ("first-run", "second-run") for pod in history(run, "Pod", f"build-{number}-build-pod")
    ]


def image(generation: int) -> Obj:
    states = history("second-run", "Image", IMAGE)
    return next(state for state in states if state["metadata"]["generation"] == generation)


def builder() -> Obj:
    spec = build(3)["spec"]
    status = {
        "latestImage": spec["builder"]["image"],
        "stack": {"id": "lab.stacks.bookworm", "runImage": spec["runImage"]["image"]},
        "builderMetadata": [{"id": "lab/go", "version": "0.0.1"}],
        "lifecycle": {"version": "0.20.8"},
        "conditions": [{"type": "Ready", "status": "True"}, {"type": "UpToDate", "status": "True"}],
        "observedGeneration": 1,
    }
    return {"kind": "ClusterBuilder", "metadata": {"name": "builder", "generation": 1}, "status": status}


def plain(status: Obj) -> Obj:
    """Return a status without times, and without what other fields of kpack's own write."""
    conditions = [
        {key: value for key, value in one.items() if key != "lastTransitionTime"}
        for one in status.get("conditions") or []
    ]
    return {**status, "conditions": conditions}


@pytest.mark.parametrize("number", [3, 4])
def test_a_new_source_stamps_the_recorded_build(number: int) -> None:
    recorded = build(number)
    stamped = make_build(
        image(int(recorded["metadata"]["labels"]["image.kpack.io/imageGeneration"])),
        recorded["spec"]["source"],
        builder(),
        build(number - 1),
        changes(image(number - 1), recorded["spec"]["source"], builder(), build(number - 1), STAMPED[number]),
        number,
        STAMPED[number],
    )
    assert stamped["spec"] == recorded["spec"]
    for key in ("name", "namespace", "labels", "annotations", "ownerReferences"):
        assert stamped["metadata"][key] == recorded["metadata"][key]


def test_a_trigger_stamps_the_recorded_build() -> None:
    recorded, failed = build(2), build(1)
    found = changes(image(1), recorded["spec"]["source"], builder(), failed, STAMPED[2])
    stamped = make_build(image(1), recorded["spec"]["source"], builder(), failed, found, 2, STAMPED[2])
    assert stamped["spec"] == recorded["spec"]
    assert stamped["metadata"]["annotations"] == recorded["metadata"]["annotations"]


def test_the_first_build_is_a_change_of_the_configuration() -> None:
    recorded = build(1)
    found = changes(image(1), recorded["spec"]["source"], builder(), None, STAMPED[2])
    stamped = make_build(image(1), recorded["spec"]["source"], builder(), None, found, 1, STAMPED[2])
    for name in ("image.kpack.io/reason", "image.kpack.io/buildChanges"):
        assert stamped["metadata"]["annotations"][name] == recorded["metadata"]["annotations"][name]


def without_defaults(container: Obj) -> Obj:
    """Return a container without what the API server and kubelet's admission added."""
    added = ("terminationMessagePath", "terminationMessagePolicy")
    kept = {key: value for key, value in container.items() if key not in added}
    mounts = [one for one in kept["volumeMounts"] if not one["name"].startswith("kube-api-access")]
    return {**kept, "volumeMounts": sorted(mounts, key=lambda one: one["mountPath"])}


@pytest.mark.parametrize("number", [2, 3, 4])
def test_the_pod_is_the_recorded_one(number: int) -> None:
    recorded = pods(number)[0]
    made = build_pod(build(number), ACCOUNT, IMAGES)
    for phase in ("initContainers", "containers"):
        expected = [without_defaults(container) for container in recorded["spec"][phase]]
        assert [without_defaults(container) for container in made["spec"][phase]] == expected
    for key in ("restartPolicy", "serviceAccountName", "securityContext", "imagePullSecrets"):
        assert made["spec"][key] == recorded["spec"][key]
    for key in ("name", "namespace", "labels", "ownerReferences"):
        assert made["metadata"][key] == recorded["metadata"][key]
    wanted = {
        one["name"] for one in recorded["spec"]["volumes"] if not one["name"].startswith("kube-api-access")
    }
    assert {one["name"] for one in made["spec"]["volumes"]} == wanted
    assert made["metadata"]["annotations"] == {
        **build(number)["metadata"]["annotations"],
        "sidecar.istio.io/inject": "false",
    }


@pytest.mark.parametrize("number", [3, 4])
def test_every_recorded_status_of_a_running_build_follows_from_its_pod(number: int) -> None:
    states = [state for state in history("second-run", "Build", f"build-{number}") if state.get("status")]
    now = STAMPED[number]
    possible = [plain(running_status(first_state(number), pod, now)) for pod in (None, *pods(number))]
    running = [state for state in states if state["status"]["conditions"][0]["status"] == "Unknown"]
    assert len(running) > 5
    for state in running:
        recorded = plain(state["status"])
        assert recorded in possible or {**recorded, "podName": ""} in [
            {**one, "podName": ""} for one in possible
        ]


@pytest.mark.parametrize("number", [3, 4])
def test_the_end_of_a_build_is_the_recorded_one(number: int) -> None:
    ended = next(pod for pod in pods(number) if pod["status"]["phase"] == "Succeeded")
    status = succeeded_status(first_state(number), ended, STAMPED[number])
    assert plain(status) == plain(build(number)["status"])


@pytest.mark.parametrize("number", [3, 4])
def test_the_end_of_a_build_is_known_once_all_containers_have_ended_well(number: int) -> None:
    """The kubelet sets the pod's phase only a moment later."""
    states = pods(number)
    ended = [pod for pod in states if has_succeeded(pod)]
    assert ended == states[states.index(ended[0]) :]
    assert any(pod["status"]["phase"] == "Succeeded" for pod in ended)
    running = {**ended[0], "status": {**ended[0]["status"], "phase": "Running"}}
    assert has_succeeded(running)
    status = succeeded_status(first_state(number), running, STAMPED[number])
    assert plain(status) == plain(build(number)["status"])
    (last,) = running["status"]["containerStatuses"]
    failed = {**last, "state": {"terminated": {**last["state"]["terminated"], "exitCode": 1}}}
    for other in ([], [failed], [{**last, "state": {"running": {}}}]):
        assert not has_succeeded({**running, "status": {**running["status"], "containerStatuses": other}})


def test_a_failure_has_kpacks_words() -> None:
    failed = history("first-run", "Pod", "build-1-build-pod")
    ended = next(pod for pod in failed if pod["status"]["phase"] == "Failed")
    status = failed_status(history("first-run", "Build", "build-1")[0], ended, "", STAMPED[2])
    assert plain(status) == plain(build(1)["status"])


def test_every_recorded_status_of_the_image_follows_from_builder_and_build() -> None:
    states = [
        state for state in history("second-run", "Image", IMAGE) if state["metadata"]["generation"] == 3
    ]
    builds = history("second-run", "Build", "build-4")
    before = build(3)
    assert len(states) > 10
    for state in states:
        if state["status"]["observedGeneration"] != 3:
            continue
        possible = [
            imagestatus.resolver_not_ready(state, builder(), STAMPED[4]),
            imagestatus.build_created(state, builder(), builds[0], STAMPED[4]),
            *(imagestatus.of_build(state, builder(), one, STAMPED[4]) for one in [before, *builds]),
        ]
        said = [plain(one)["conditions"] for one in possible]
        assert plain(state["status"])["conditions"] in said
    last = imagestatus.of_build(states[-1], builder(), build(4), STAMPED[4])
    assert plain(last) == plain(states[-1]["status"])
