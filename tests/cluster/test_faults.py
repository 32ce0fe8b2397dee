"""Every cause that can be brought about on a real cluster is named, in text and in JSON, and ends a wait.

Each fault has a namespace and a small blueprint of its own, so that they do not wait for one another.
"""

from __future__ import annotations

import json
import time
from datetime import timedelta

import faults_kit as kit
import pytest
from faults_kit import Fault, Place

from pkgops.errors import DeadlineError, PkgopsError
from pkgops.flows import deadlines, track, wait, why
from pkgops.flows.ports import utc_now
from pkgops.kube import Client
from pkgops.local.cluster import LocalCluster
from pkgops.model import Code, Snapshot, State
from pkgops.pipeline import Focus
from pkgops.view import why as view

pytestmark = pytest.mark.cluster

PATIENCE = 180.0
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


def _twice(place: Place) -> list[kit.Obj]:
    first = kit.chain(place, ("source-provider", "ClusterSourceTemplate", place.name))
    second = json.loads(json.dumps(first))
    second["metadata"]["name"] += "-too"
    return [kit.source(place.name, kit.git(place)), first, second, kit.workload(place)]


def _two_versions(place: Place) -> list[kit.Obj]:
    found = [kit.package(place, "0.1.0"), kit.package(place, "0.2.0")]
    return [*found, *kit.delivered(place, kit.install(place, "0.2.0"))]


def _go_back(client: Client, place: Place) -> None:
    """Ask for an older version once the newer one was attempted."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        found = client.find("packaging.carvel.dev/v1alpha1", "PackageInstall", place.name, place.namespace)
        if found and (found.get("status") or {}).get("lastAttemptedVersion"):
            break
        time.sleep(0.5)
    client.apply(kit.template("ClusterTemplate", place.name, kit.install(place, "0.1.0")))


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
    Fault(Code.NO_LABELS, lambda p: [kit.workload(p, labels=False)], "no labels", "Workload"),
    Fault(Code.NO_BLUEPRINT, lambda p: [kit.workload(p)], "no blueprint matches", "Workload"),
    Fault(Code.SEVERAL_BLUEPRINTS, _twice, "-too", "Workload"),
    Fault(
        Code.TEMPLATE_MISSING,
        lambda p: [kit.chain(p, ("source-provider", "ClusterSourceTemplate", "nowhere")), kit.workload(p)],
        "source-provider",
        "Workload",
    ),
    Fault(
        Code.TEMPLATE_ERROR,
        lambda p: kit.one(p, kit.git(p, url="$(params.nowhere)$")),
        "params.nowhere",
    ),
    Fault(
        Code.TEMPLATE_REJECTED,
        lambda p: kit.one(
            p, {"apiVersion": "example.com/v1", "kind": "Nothing", "metadata": {"name": "x"}, "spec": {}}
        ),
        "refused",
    ),
    Fault(Code.FORBIDDEN, lambda p: kit.one(p, kit.git(p)), "forbidden", rights=False),
    Fault(
        Code.SERVICE_ACCOUNT_MISSING,
        lambda p: [*kit.one(p, kit.git(p))[:2], kit.workload(p, account="nobody")],
        "nobody",
        "Workload",
    ),
    Fault(
        Code.GIT_BRANCH_MISSING,
        lambda p: kit.one(p, kit.git(p, ref={"branch": "nowhere"})),
        "branch nowhere",
        "GitRepository",
    ),
    Fault(
        Code.GIT_UNREACHABLE,
        lambda p: kit.one(p, kit.git(p, url=f"http://{p.cluster.address}:1/x.git")),
        "does not answer",
        "GitRepository",
    ),
    Fault(
        Code.GIT_SECRET_MISSING,
        lambda p: kit.one(p, kit.git(p, secretRef={"name": "nowhere"})),
        "nowhere",
        "GitRepository",
    ),
    Fault(
        Code.SUSPENDED, lambda p: kit.one(p, kit.git(p, suspend=True)), "suspended", "GitRepository", ends=4
    ),
    Fault(
        Code.RUN_TEMPLATE_MISSING,
        lambda p: kit.task(p)[1:],
        "ClusterRunTemplate",
        "Runnable",
    ),
    Fault(
        Code.TASK_MISSING,
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
        Code.TEST_FAILED,
        lambda p: kit.task(p, step={"script": "#!/bin/sh\necho it does not work\nexit 7\n"}),
        "exited with code 7",
        "TaskRun",
    ),
    Fault(
        Code.IMAGE_PULL,
        lambda p: kit.task(p, step={"image": f"{p.cluster.registry}/nowhere:1"}),
        "pull",
    ),
    Fault(
        Code.UNSCHEDULABLE,
        lambda p: kit.task(p, step={"computeResources": {"requests": {"cpu": "900"}}}),
        "",
        ends=4,
    ),
    Fault(Code.QUOTA, _quota, "quota", ends=4),
    Fault(
        Code.MOUNT_WAITING,
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
        Code.CONTAINER_CONFIG,
        lambda p: kit.task(
            p,
            step={
                "env": [{"name": "X", "valueFrom": {"secretKeyRef": {"name": "nowhere", "key": "x"}}}],
            },
        ),
        "nowhere",
    ),
    Fault(
        Code.RUN_TIMEOUT,
        lambda p: kit.task(p, step={"script": "#!/bin/sh\nsleep 600\n"}, run={"timeout": "5s"}),
        "5s",
        "TaskRun",
    ),
    Fault(Code.BUILDER_MISSING, _builds, "nowhere", "Image"),
    Fault(
        Code.NO_TAG_IN_RANGE,
        lambda p: [kit.scan(p, "pkgops/toolbox"), *kit.delivered(p, kit.policy(p, ">=99.0.0"), **LATEST)],
        ">=99.0.0",
        "ImagePolicy",
    ),
    Fault(
        Code.REPOSITORY_MISSING,
        lambda p: kit.delivered(p, kit.policy(p, ">=0.0.0"), **LATEST),
        "ImageRepository",
        "ImagePolicy",
    ),
    Fault(
        Code.REPOSITORY_PAUSED, lambda p: kit.delivered(p, _paused(p)), "paused", "PackageRepository", ends=4
    ),
    Fault(
        Code.INSTALL_PAUSED,
        lambda p: kit.delivered(p, kit.install(p, paused=True)),
        "paused",
        "PackageInstall",
        ends=4,
    ),
    Fault(
        Code.PACKAGE_NOT_FOUND,
        lambda p: kit.delivered(p, kit.install(p)),
        "faults.pkgops",
        "PackageInstall",
    ),
    Fault(
        Code.VERSION_NOT_FOUND,
        lambda p: [kit.package(p, "0.1.0"), *kit.delivered(p, kit.install(p, ">9.0.0"))],
        "there is 0.1.0",
        "PackageInstall",
    ),
    Fault(Code.DOWNGRADE_REFUSED, _two_versions, "0.2.0", "PackageInstall", after=_go_back),
    Fault(
        Code.INSTALL_FAILED,
        lambda p: [kit.package(p, "0.1.0", "kind: Nothing\n"), *kit.delivered(p, kit.install(p))],
        "",
        "App",
    ),
    Fault(Code.REVISION_FAILED, _crashes, "", ""),
]


@pytest.fixture(scope="module")
def broken(instance: LocalCluster, local_client: Client):
    """All faults at once: they break in parallel, and are looked at one by one."""
    made: list[tuple[Fault, Place, list[kit.Obj]]] = []
    for fault in FAULTS:
        place = Place(f"fault-{fault.id}", f"fault-{fault.id}", instance)
        kit.prepare(local_client, place, rights=fault.rights)
        objects = fault.make(place)
        made.append((fault, place, objects))
        for obj in kit.in_order(objects):
            local_client.apply(obj)
    for fault, place, _ in made:
        if fault.after:
            fault.after(local_client, place)
    yield {fault.id: place for fault, place, _ in made}
    for _, place, objects in made:
        kit.clean(local_client, place, objects)


def look(client: Client, place: Place) -> Snapshot:
    focus = Focus(place.namespace, place.name, (("here", place.namespace),))
    return track.survey(client, focus).snapshot(utc_now())


def test_there_are_enough():
    assert len({fault.code for fault in FAULTS}) >= 20


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.id)
def test_named(fault: Fault, broken: dict[str, Place], local_client: Client):
    place = broken[fault.id]
    deadline = time.monotonic() + PATIENCE
    snapshot = look(local_client, place)
    # Some causes are named while they may still pass (an image that is pulled again), and end later.
    while _code(snapshot) is not fault.code or ended(snapshot) != fault.ends:
        assert time.monotonic() < deadline, (snapshot.verdict, snapshot.blockages, snapshot.all_stages)
        time.sleep(0.5)
        snapshot = look(local_client, place)
    answer = why.explain(local_client, place.name, snapshot)
    cause = answer.blockages[0]
    assert fault.words in f"{cause.cause} {[item.text for item in cause.evidence]}"
    assert cause.object is not None
    assert not fault.kind or cause.object.kind == fault.kind
    assert cause.next
    assert answer.exit_code == fault.ends
    text = view.report(place.name, snapshot, answer.blockages, 80)
    assert str(fault.code) in text
    document = json.loads(view.document(place.name, snapshot, answer.blockages))
    assert document["blockages"][0]["code"] == str(fault.code)


def _code(snapshot: Snapshot) -> Code | None:
    return snapshot.blockage.code if snapshot.blockage else None


def ended(snapshot: Snapshot) -> int:
    """How a wait ends on what stays as it is: with the cause, or with its deadline."""
    judge = wait.Judge()
    judge.step(snapshot)
    later = Snapshot(
        **{
            **{name: getattr(snapshot, name) for name in snapshot.__slots__},
            "taken_at": snapshot.taken_at + timedelta(minutes=5),
        }
    )
    outcome = judge.step(later)
    if outcome is None:
        error: PkgopsError | None = deadlines.over(later, judge.goal, "5 minutes")
        assert isinstance(error, DeadlineError)
    else:
        assert outcome.blockage is not None
        assert outcome.blockage.state is State.FAILED
        error = wait.failure(outcome)
    assert error is not None
    return int(error.exit_code)
