"""Every cause that can be brought about on a real cluster is named, in text and in JSON, and ends ``up``.

Each fault has a namespace and a small blueprint of its own, so that they do not wait for one another;
``pkgops up`` is run for all of them at once.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import faults_kit as kit
import pytest
from faults_kit import Fault, Place
from pipeline_kit import Ran

from pkgops.flows.run.cause_times import RETRIED_CODES
from pkgops.kube import Client
from pkgops.local.cluster import LocalCluster
from pkgops.model import CauseCode

pytestmark = pytest.mark.cluster

PATIENCE = 180.0
# What stands by itself ends `up` long before; for the others this is when it gives up.
TIMEOUTS = {0: "4m", 1: "4m", 3: "4m", 4: "75s"}
SLOW = "#!/bin/sh\necho it has begun\nsleep 600\n"
CRASHES = """
apiVersion: serving.knative.dev/v1
kind: Service
metadata:
  name: crashes
spec:
  template:
    spec:
      containers:
        - image: %s
          command: [sh, -c, "echo out of luck; exit 3"]
"""


def _quota(place: Place) -> list[kit.Obj]:
    quota = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "none", "namespace": place.namespace},
        "spec": {"hard": {"pods": "0"}},
    }
    return [quota, *kit.task(place)]


def _unknown_runtime(place: Place) -> list[kit.Obj]:
    """A class of containers that this node does not have, as where its nodes are gone."""
    runtime = {
        "apiVersion": "node.k8s.io/v1",
        "kind": "RuntimeClass",
        "metadata": {"name": place.name},
        "handler": "nowhere",
    }
    return [runtime, *kit.task(place, run={"podTemplate": {"runtimeClassName": place.name}})]


def _twice(place: Place) -> list[kit.Obj]:
    first = kit.chain(place, ("source-provider", "ClusterSourceTemplate", place.name))
    second = json.loads(json.dumps(first))
    second["metadata"]["name"] += "-too"
    return [kit.source(place.name, kit.git(place)), first, second, kit.workload(place)]


def _two_versions(place: Place) -> list[kit.Obj]:
    found = [kit.package(place, "0.1.0"), kit.package(place, "0.2.0")]
    return [*found, *kit.delivered(place, kit.install(place, "0.2.0"))]


def _stale(place: Place) -> list[kit.Obj]:
    """The trap of the original example: a run whose inputs name the configuration, and not its content."""
    url = place.push(**{"main.txt": "one\n"})
    made = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": place.name},
        "data": {"revision": "$(source.revision)$"},
    }
    run_template, push, *_ = kit.task(place)
    push["metadata"]["name"] += "-push"
    inputs = push["spec"]["template"]["spec"]["inputs"]
    inputs["revision"] = place.name
    resources = [
        {
            "name": "source-provider",
            "templateRef": {"kind": "ClusterSourceTemplate", "name": place.name},
        },
        {
            "name": "app-config",
            "templateRef": {"kind": "ClusterConfigTemplate", "name": place.name},
            "sources": [{"resource": "source-provider", "name": "source"}],
        },
        {
            "name": "pusher",
            "templateRef": {"kind": "ClusterSourceTemplate", "name": f"{place.name}-push"},
            "configs": [{"resource": "app-config", "name": "config"}],
        },
    ]
    blueprint = kit.chain(place)
    blueprint["spec"]["resources"] = resources
    return [
        kit.source(place.name, kit.git(place, url=url)),
        kit.template("ClusterConfigTemplate", place.name, made, configPath=".data"),
        run_template,
        push,
        blueprint,
        kit.workload(place),
    ]


def _second_commit(client: Client, place: Place) -> None:
    """Push again once the first commit's run has ended."""
    _until(client, place, "tekton.dev/v1", "TaskRun", lambda run: "completionTime" in run.get("status", {}))
    place.push(**{"main.txt": "two\n"})


def _unbuildable(place: Place) -> list[kit.Obj]:
    url = place.push(**{"index.js": "console.log(1)\n"})
    found = _builds(place)
    spec = found[0]["spec"]["template"]["spec"]
    spec["builder"]["name"], spec["source"]["git"] = "builder", {"url": url, "revision": "main"}
    return found


def _go_back(client: Client, place: Place) -> None:
    """Ask for an older version once the newer one was attempted."""
    kind = "packaging.carvel.dev/v1alpha1", "PackageInstall"
    _until(client, place, *kind, lambda found: found.get("status", {}).get("lastAttemptedVersion"))
    client.apply(kit.template("ClusterTemplate", place.name, kit.install(place, "0.1.0")))


def _until(
    client: Client, place: Place, api_version: str, kind: str, done: Callable[[kit.Obj], object]
) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if any(done(item) for item in client.list(api_version, kind, place.namespace).items):
            return
        time.sleep(0.5)
    raise AssertionError(f"no {kind} in {place.namespace} came that far")


def _crashes(place: Place) -> list[kit.Obj]:
    found = kit.package(place, "0.1.0", CRASHES % place.image)
    return [found, *kit.delivered(place, kit.install(place))]


def _builds(place: Place) -> list[kit.Obj]:
    image = {
        "apiVersion": "kpack.io/v1alpha2",
        "kind": "Image",
        "metadata": {"name": place.name},
        "spec": {
            "tag": f"{place.cluster.registry}/faults/{place.name}",
            "serviceAccountName": kit.ACCOUNT,
            "builder": {"kind": "ClusterBuilder", "name": "nowhere"},
            "source": {"git": {"url": place.git, "revision": "a" * 40}},
        },
    }
    made = kit.template("ClusterImageTemplate", place.name, image, imagePath=".status.latestImage")
    return [
        made,
        kit.chain(place, ("image-builder", "ClusterImageTemplate", place.name)),
        kit.workload(place),
    ]


def _paused(place: Place) -> kit.Obj:
    return {
        "apiVersion": "packaging.carvel.dev/v1alpha1",
        "kind": "PackageRepository",
        "metadata": {"name": place.name},
        "spec": {"paused": True, "fetch": {"imgpkgBundle": {"image": f"{place.cluster.registry}/none:1"}}},
    }


LATEST = {"urlPath": ".status.latestRef.name", "revisionPath": ".status.latestRef.tag"}
GONE = {"urlPath": ".status.latestImage", "revisionPath": ".status.latestImage"}

FAULTS = [
    Fault(CauseCode.NO_LABELS, lambda p: [kit.workload(p, labels=False)], "no labels", "Workload", up=3),
    Fault(CauseCode.NO_BLUEPRINT, lambda p: [kit.workload(p)], "no blueprint matches", "Workload", up=3),
    Fault(CauseCode.SEVERAL_BLUEPRINTS, _twice, "-too", "Workload", up=3),
    Fault(
        CauseCode.TEMPLATE_MISSING,
        lambda p: [kit.chain(p, ("source-provider", "ClusterSourceTemplate", "nowhere")), kit.workload(p)],
        "source-provider",
        "Workload",
    ),
    Fault(
        CauseCode.TEMPLATE_ERROR,
        lambda p: kit.one(p, kit.git(p, url="$(params.nowhere)$")),
        "params.nowhere",
    ),
    Fault(
        CauseCode.TEMPLATE_REJECTED,
        lambda p: kit.one(
            p, {"apiVersion": "example.com/v1", "kind": "Nothing", "metadata": {"name": "x"}, "spec": {}}
        ),
        "refused",
        up=3,
    ),
    Fault(CauseCode.FORBIDDEN, lambda p: kit.one(p, kit.git(p)), "forbidden", rights=False),
    Fault(
        CauseCode.SERVICE_ACCOUNT_MISSING,
        lambda p: [*kit.one(p, kit.git(p))[:2], kit.workload(p, account="nobody")],
        "nobody",
        "Workload",
    ),
    Fault(
        CauseCode.GIT_BRANCH_MISSING,
        lambda p: kit.one(p, kit.git(p, ref={"branch": "nowhere"})),
        "branch nowhere",
        "GitRepository",
    ),
    Fault(
        CauseCode.GIT_UNREACHABLE,
        lambda p: kit.one(p, kit.git(p, url=f"http://{p.cluster.address}:1/x.git")),
        "the Git server cannot be reached",
        "GitRepository",
    ),
    Fault(
        CauseCode.GIT_AUTHENTICATION,
        lambda p: kit.one(p, kit.git(p, url=f"http://{p.locked}/x.git")),
        "credentials",
        "GitRepository",
    ),
    Fault(
        CauseCode.GIT_SECRET_MISSING,
        lambda p: kit.one(p, kit.git(p, secretRef={"name": "nowhere"})),
        "nowhere",
        "GitRepository",
    ),
    Fault(
        CauseCode.SUSPENDED,
        lambda p: kit.one(p, kit.git(p, suspend=True)),
        "suspended",
        "GitRepository",
        ends=4,
    ),
    Fault(
        CauseCode.RUN_TEMPLATE_MISSING,
        lambda p: kit.task(p)[1:],
        "ClusterRunTemplate",
        "Runnable",
    ),
    Fault(
        CauseCode.TASK_MISSING,
        lambda p: [
            kit.task(p)[0],
            kit.template(
                "ClusterSourceTemplate",
                p.name,
                kit.runnable(
                    p,
                    selector={
                        "resource": {"apiVersion": "tekton.dev/v1", "kind": "Task"},
                        "matchingLabels": {"is": "nowhere"},
                    },
                ),
                urlPath=".status.outputs.url",
                revisionPath=".status.outputs.revision",
            ),
            *kit.task(p)[2:],
        ],
        "did not match",
        "Runnable",
    ),
    Fault(
        CauseCode.TEST_FAILED,
        lambda p: kit.task(p, step={"script": "#!/bin/sh\necho it does not work\nexit 7\n"}),
        "exited with code 7",
        "TaskRun",
        log="it does not work",
    ),
    Fault(
        CauseCode.IMAGE_PULL,
        lambda p: kit.task(p, step={"image": f"{p.cluster.registry}/nowhere:1"}),
        "pull",
    ),
    Fault(
        CauseCode.UNSCHEDULABLE,
        lambda p: kit.task(p, step={"computeResources": {"requests": {"cpu": "900"}}}),
        "",
        ends=4,
    ),
    Fault(CauseCode.QUOTA, _quota, "quota", ends=4),
    Fault(
        CauseCode.MOUNT_WAITING,
        lambda p: kit.task(
            p,
            run={"workspaces": [{"name": "source", "configMap": {"name": "nowhere"}}]},
            workspaces=[{"name": "source"}],
        ),
        "configmap/nowhere does not exist",
        "Pod",
        ends=4,
    ),
    Fault(
        CauseCode.SANDBOX_FAILED, _unknown_runtime, 'no runtime for "nowhere" is configured', "Pod", ends=4
    ),
    Fault(
        CauseCode.CONTAINER_CONFIG,
        lambda p: kit.task(
            p,
            step={
                "env": [{"name": "X", "valueFrom": {"secretKeyRef": {"name": "nowhere", "key": "x"}}}],
            },
        ),
        "nowhere",
    ),
    Fault(
        CauseCode.RUN_TIMEOUT,
        lambda p: kit.task(p, step={"script": SLOW}, run={"timeout": "1m0s"}),
        "1m0s",
        "TaskRun",
        log="it has begun",
    ),
    Fault(
        CauseCode.STALE_PACKAGE,
        _stale,
        "does not depend on its configuration",
        after=_second_commit,
        again=True,
    ),
    Fault(CauseCode.BUILD_FAILED, _unbuildable, "Go", "Build"),
    Fault(CauseCode.BUILDER_MISSING, _builds, "nowhere", "Image"),
    Fault(
        CauseCode.NO_TAG_IN_RANGE,
        lambda p: [kit.scanned(p), *kit.delivered(p, kit.policy(p, ">=99.0.0"), **LATEST)],
        ">=99.0.0",
        "ImagePolicy",
    ),
    Fault(
        CauseCode.POLICY_INVALID,
        lambda p: [kit.scanned(p), *kit.delivered(p, kit.policy(p, "newest"), **LATEST)],
        "newest",
        "ImagePolicy",
    ),
    Fault(
        CauseCode.REGISTRY_UNAUTHORIZED,
        lambda p: kit.delivered(p, kit.scan(p, "x/app", p.locked)),
        "refuses",
        "ImageRepository",
    ),
    Fault(
        CauseCode.REPOSITORY_MISSING,
        lambda p: kit.delivered(p, kit.policy(p, ">=0.0.0"), **LATEST),
        "ImageRepository",
        "ImagePolicy",
    ),
    Fault(
        CauseCode.REPOSITORY_PAUSED,
        lambda p: kit.delivered(p, _paused(p)),
        "paused",
        "PackageRepository",
        ends=4,
    ),
    Fault(
        CauseCode.INSTALL_PAUSED,
        lambda p: kit.delivered(p, kit.install(p, paused=True)),
        "paused",
        "PackageInstall",
        ends=4,
    ),
    Fault(
        CauseCode.PACKAGE_NOT_FOUND,
        lambda p: kit.delivered(p, kit.install(p)),
        "faults.pkgops",
        "PackageInstall",
    ),
    Fault(
        CauseCode.VERSION_NOT_FOUND,
        lambda p: [kit.package(p, "0.1.0"), *kit.delivered(p, kit.install(p, ">9.0.0"))],
        "there is 0.1.0",
        "PackageInstall",
    ),
    Fault(CauseCode.DOWNGRADE_REFUSED, _two_versions, "0.2.0", "PackageInstall", after=_go_back),
    Fault(
        CauseCode.INSTALL_FAILED,
        lambda p: [kit.package(p, "0.1.0", "kind: Nothing\n"), *kit.delivered(p, kit.install(p))],
        "",
        "App",
    ),
    Fault(CauseCode.REVISION_FAILED, _crashes, "out of luck", "Revision"),
]


@dataclass(frozen=True)
class Broken:
    """A fault that was brought about, and what ``up`` said to it."""

    place: Place
    ran: Ran


@pytest.fixture(scope="module")
def broken(
    request: pytest.FixtureRequest, instance: LocalCluster, local_client: Client, tmp_path_factory
) -> Iterator[dict[str, Broken]]:
    """All faults of this run at once: ``up`` meets them in parallel, and they are looked at one by one."""
    asked = [getattr(item, "callspec", None) for item in request.session.items]
    wanted = {spec.params["fault"].id for spec in asked if spec and "fault" in spec.params}
    faults = [fault for fault in FAULTS if fault.id in wanted]
    with kit.locked_door() as locked:
        places = {
            fault.id: Place(f"fault-{fault.id}", instance, tmp_path_factory.mktemp(fault.id), locked)
            for fault in faults
        }
        made = {fault.id: _objects(fault, places[fault.id]) for fault in faults}
        with ThreadPoolExecutor(2 * len(faults)) as pool:
            runs = {fault.id: pool.submit(places[fault.id].up, TIMEOUTS[fault.exit_code]) for fault in faults}
            changes = [
                pool.submit(fault.after, local_client, places[fault.id]) for fault in faults if fault.after
            ]
        for change in changes:
            change.result()
        ran = {name: run.result() for name, run in runs.items()}
        ran |= {fault.id: places[fault.id].up(TIMEOUTS[fault.exit_code]) for fault in faults if fault.again}
        for fault in faults:
            if fault.exit_code == 3:
                kit.apply(local_client, places[fault.id], made[fault.id])
        yield {name: Broken(place, ran[name]) for name, place in places.items()}
    for name, place in places.items():
        kit.clean(local_client, place, made[name])


def _objects(fault: Fault, place: Place) -> list[kit.Obj]:
    objects = [*kit.access(place, rights=fault.rights), *kit.whole(place, fault.make(place))]
    place.write(objects)
    return objects


def test_there_are_enough():
    assert len({fault.code for fault in FAULTS}) >= 20


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.id)
def test_up_ends_with_the_truth(fault: Fault, broken: dict[str, Broken]):
    ran = broken[fault.id].ran
    assert ran.code == fault.exit_code, ran
    assert "Traceback" not in ran.err
    # It has just applied them.
    assert "next: pkgops supplychain up" not in ran.err
    if fault.exit_code == 1:
        assert f"error: {fault.code}\n" in ran.err, ran
    if fault.exit_code != 3:
        assert fault.words in ran.err, ran
    assert fault.log in ran.err, ran


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.id)
def test_why_names_it(fault: Fault, broken: dict[str, Broken]):
    place = broken[fault.id].place
    document = _cause(place, fault)
    (cause, *_) = document["blockages"]
    assert fault.words in f"{cause['cause']} {[item['text'] for item in cause['evidence']]}"
    assert not fault.kind or cause["object"]["kind"] == fault.kind
    assert cause["object"]["name"]
    assert cause["next"]
    text = place.run("why", place.name, "-n", place.namespace)
    assert text.code == fault.ends, text
    assert str(fault.code) in text.out


def _cause(place: Place, fault: Fault) -> dict[str, Any]:
    """What ``why`` says once the fault has shown itself, as JSON."""
    deadline = time.monotonic() + PATIENCE
    while True:
        ran = place.run("why", place.name, "-n", place.namespace, "-o", "json")
        document: dict[str, Any] = json.loads(ran.out)
        causes = document["blockages"]
        if causes and causes[0]["code"] == str(fault.code) and ran.code == fault.ends:
            return document
        assert time.monotonic() < deadline, ran
        time.sleep(1)


STANDING = [fault for fault in FAULTS if fault.ends == 1 and fault.code not in RETRIED_CODES]


@pytest.mark.parametrize("fault", STANDING, ids=lambda fault: fault.id)
def test_a_wait_gives_the_same_answer(fault: Fault, broken: dict[str, Broken]):
    place = broken[fault.id].place
    ran = place.run("wait", place.name, "-n", place.namespace, "--timeout", "3m")
    assert ran.code == 1, ran
    assert f"error: {fault.code}\n" in ran.err, ran
