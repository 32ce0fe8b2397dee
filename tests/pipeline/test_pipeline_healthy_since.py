"""Since when an environment is healthy: the latest of all that must hold, or why that is not known."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pkgops.model import Environment, ObjectRef, Stage
from pkgops.pipeline import healthy_since
from pkgops.pipeline.object_store import ObjectStore

SPACE = "apps-dev"


def at(second):
    return f"2026-11-22T12:00:{second:02}Z"


def obj(api, kind, name, uid="", owner="", created=0, **body):
    meta = {"name": name, "namespace": SPACE, "uid": uid or name, "creationTimestamp": at(created)}
    if owner:
        meta["ownerReferences"] = [{"uid": owner, "kind": "x", "name": owner, "controller": True}]
    return {"apiVersion": api, "kind": kind, "metadata": {**meta, **body.pop("meta", {})}, **body}


def true(**types):
    return {
        "conditions": [
            {"type": kind, "status": "True", "lastTransitionTime": at(second) if second is not None else None}
            for kind, second in types.items()
        ]
    }


def service(**conditions):
    status = {**true(**(conditions or {"Ready": 5})), "latestCreatedRevisionName": "hello-00001"}
    return obj("serving.knative.dev/v1", "Service", "hello", status=status)


def revision(ready=4, created=1):
    labels = {"serving.knative.dev/service": "hello"}
    return obj(
        "serving.knative.dev/v1",
        "Revision",
        "hello-00001",
        owner="hello",
        created=created,
        meta={"labels": labels},
        spec={"containers": [{"image": "r/app@sha256:" + "ab" * 32}]},
        status=true(Ready=ready),
    )


def unit(available=3, progressing="NewReplicaSetAvailable", updated=2):
    found = obj("apps/v1", "Deployment", "web", status=true(Available=available))
    found["status"]["conditions"].append(
        {"type": "Progressing", "status": "True", "reason": progressing, "lastUpdateTime": at(updated)}
    )
    return found


def pod(restarts=0, started=9):
    entry = {"name": "app", "restartCount": restarts, "state": {"running": {"startedAt": at(started)}}}
    return obj("v1", "Pod", "pod", status={"containerStatuses": [entry]})


def since(objects, stages, pods=()):
    world = ObjectStore()
    for one in objects:
        world.apply("ADDED", one)
    made = tuple(
        Stage(
            name=one["kind"],
            scope=SPACE,
            title="x",
            object=ObjectRef.of(one),
            pods=tuple(ObjectRef.of(each) for each in pods),
        )
        for one in stages
    )
    return healthy_since.since(world, Environment(name=SPACE, namespace=SPACE, stages=made))


@pytest.mark.parametrize(
    ("found", "second", "what"),
    [
        (service(Ready=5, RoutesReady=7), 7, "RoutesReady of service/hello"),
        (service(Ready=5), 5, "Ready of service/hello"),
    ],
)
def test_the_latest_condition_of_a_service_counts(found, second, what):
    moment, told = since([found, revision()], [found])
    assert (moment, told) == (datetime(2026, 11, 22, 12, 0, second, tzinfo=UTC), what)


@pytest.mark.parametrize(
    ("rev", "second", "what"),
    [
        (revision(ready=8), 8, "Ready of revision/hello-00001"),
        (revision(ready=4, created=9), 9, "the creation of revision/hello-00001"),
    ],
)
def test_a_revision_that_came_later_counts(rev, second, what):
    found = service(Ready=5)
    moment, told = since([found, rev], [found])
    assert (moment.second, told) == (second, what)


@pytest.mark.parametrize(
    ("found", "second", "what"),
    [
        (unit(available=3, updated=2), 3, "Available of deployment/web"),
        (unit(available=3, updated=6), 6, "the roll-out of deployment/web"),
    ],
)
def test_a_deployment_counts_since_its_roll_out(found, second, what):
    moment, told = since([found], [found])
    assert (moment.second, told) == (second, what)


@pytest.mark.parametrize(("restarts", "second"), [(0, 3), (1, 9)])
def test_a_container_that_was_started_again_counts(restarts, second):
    found, box = unit(), pod(restarts)
    moment, told = since([found, box], [found], [box])
    assert (moment.second, "a restart of app" in told) == (second, restarts > 0)


@pytest.mark.parametrize(
    ("objects", "stages", "why"),
    [
        ([], [], "no object that serves is known"),
        ([], [unit()], "no object that serves is known"),
        (
            [unit(progressing="ReplicaSetUpdated")],
            [unit()],
            "the roll-out of deployment/web has no time",
        ),
        ([unit(available=None)], [unit()], "Available of deployment/web has no time"),
        ([service()], [service()], "the revision of service/hello has no time"),
        ([service(Ready=None), revision()], [service()], "Ready of service/hello has no time"),
        (
            [service(), revision(ready=None)],
            [service()],
            "Ready of revision/hello-00001 has no time",
        ),
    ],
)
def test_what_does_not_tell_a_time_makes_it_unknown(objects, stages, why):
    assert since(objects, stages) == (None, why)


def install(app_changed):
    found = obj("packaging.carvel.dev/v1alpha1", "PackageInstall", "hello")
    app = obj("kappctrl.k14s.io/v1alpha1", "App", "hello", uid="app")
    if app_changed is not None:
        app["metadata"]["managedFields"] = [{"operation": "Update", "time": at(app_changed)}]
    return found, app


def test_an_app_counts_since_it_was_given_its_version():
    found, app = install(7)
    moment, told = since([found, app], [found])
    assert (moment.second, told) == (7, "the last change of app/hello")
    assert since([found], [found])[0] is None


def test_the_revisions_that_are_ready_with_their_images():
    world = ObjectStore()
    waits = revision()
    waits["metadata"] |= {"name": "hello-00002", "uid": "two"}
    waits["status"]["conditions"][0]["status"] = "Unknown"
    for one in (revision(), waits):
        world.apply("ADDED", one)
    assert list(healthy_since.ready_revisions(world, SPACE)) == [("hello-00001", "r/app@sha256:" + "ab" * 32)]
    assert list(healthy_since.ready_revisions(world, "other")) == []
