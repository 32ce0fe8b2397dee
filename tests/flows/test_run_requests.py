"""Flux is asked to look once there is something to see; the cluster is a hand-written one."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest

from pkgops.flows.run import request_reconcile
from pkgops.flows.run.goal import Goal
from pkgops.flows.run.request_reconcile import IMAGE_API, SOURCE_API, ReconcileRequester
from pkgops.flows.run.superseded import Supersession
from pkgops.kube import NotFound
from pkgops.model import Environment, ObjectRef, Snapshot, Stage
from pkgops.values import replace

NOW = datetime(2026, 1, 1, tzinfo=UTC)
OLD, COMMIT = "main@sha1:" + "0" * 40, "main@sha1:" + "a" * 40
SOURCE = ObjectRef(SOURCE_API, "GitRepository", "default", "hello")
SCAN = ObjectRef(IMAGE_API, "ImageRepository", "apps-dev", "hello")
POLICY = ObjectRef(IMAGE_API, "ImagePolicy", "apps-dev", "hello")
TRUE = [{"type": "Ready", "status": "True", "reason": "Succeeded", "message": ""}]


class Flux:
    """Objects by kind; looks when it is told to."""

    def __init__(self, **objects):
        self.objects = {kind: body(kind, **status) for kind, status in objects.items()}
        self.asked = []

    def known(self, ref):
        return self.objects.get(ref.kind)

    read = known

    def request(self, ref):
        token = (NOW + timedelta(seconds=len(self.asked))).isoformat()
        self.asked.append(ref.kind)
        self.objects[ref.kind]["metadata"]["annotations"][request_reconcile.REQUESTED_AT] = token
        return token

    def look(self, kind, **status):
        """What a controller does when it is asked: it looks, and says so together with what it found."""
        obj = self.objects[kind]
        token = obj["metadata"]["annotations"][request_reconcile.REQUESTED_AT]
        generation = obj["metadata"]["generation"]
        status = {"lastHandledReconcileAt": token, "observedGeneration": generation, **status}
        obj["status"] = {**obj["status"], **status}

    def stamp(self, kind):
        """What Cartographer does when the spec changes: what it does not know of is gone."""
        obj = self.objects[kind]
        obj["metadata"]["generation"] += 1
        obj["metadata"]["annotations"] = {}


def body(kind, **status):
    api = SOURCE_API if kind == "GitRepository" else IMAGE_API
    meta = {"name": "hello", "namespace": "default", "generation": 1, "annotations": {}}
    status = {"observedGeneration": 1, "conditions": TRUE, **status}
    return {"apiVersion": api, "kind": kind, "metadata": meta, "spec": {}, "status": status}


def stage(name, scope, ref):
    return Stage(name=name, scope=scope, title=name, object=ref)


def snapshot(seconds=0, pending=(), package="", stages=(SOURCE,)):
    environment = Environment(
        name="apps-dev",
        namespace="apps-dev",
        stages=tuple(stage(ref.kind, "apps-dev", ref) for ref in (SCAN, POLICY)),
    )
    return Snapshot(
        taken_at=NOW + timedelta(seconds=seconds),
        workload=None,
        stages=tuple(stage(ref.kind, "supply-chain", ref) for ref in stages),
        environments=(environment,),
        package=package,
        revision=OLD,
        pending=pending,
    )


def delivered(*refs):
    """A delivery of which these stages are known, and no supply chain."""
    found = snapshot(stages=())
    stages = tuple(stage(ref.kind, "apps-dev", ref) for ref in refs)
    return replace(found, environments=(replace(found.environments[0], stages=stages),))


def artifact(revision):
    return {"artifact": {"revision": revision}}


class Asking:
    """A requester, and the goal that it completes."""

    def __init__(self, flux, goal, find):
        self.requester, self.goal = (
            ReconcileRequester(find, flux),
            dataclasses.replace(goal, unresolved=bool(find)),
        )

    def step(self, seen):
        self.goal = self.requester.step(seen, self.goal)
        return self.goal


def requester(flux, goal=None, find=""):
    return Asking(flux, goal or Goal(environments=("apps-dev",)), find)


def test_each_object_is_asked_once():
    flux = Flux(GitRepository={}, ImageRepository={})
    found = requester(flux)
    for _ in range(3):
        found.step(snapshot())
    assert flux.asked == ["GitRepository", "ImageRepository"]


def test_nothing_is_asked_of_a_part_that_cartographer_has_not_taken_up():
    flux = Flux(GitRepository={}, ImageRepository={})
    found = requester(flux)
    found.step(snapshot(pending=("supply-chain",)))
    assert flux.asked == ["ImageRepository"]
    found.step(snapshot())
    assert flux.asked == ["ImageRepository", "GitRepository"]


def test_a_new_package_is_asked_for_again():
    flux = Flux(GitRepository={}, ImageRepository={})
    found = requester(flux)
    found.step(snapshot())
    found.step(snapshot(package="p@sha256:1"))
    assert flux.asked == ["GitRepository", "ImageRepository", "ImageRepository"]


def test_what_is_not_there_yet_is_asked_later():
    flux = Flux(ImageRepository={})
    found = requester(flux)
    found.step(snapshot())
    flux.objects["GitRepository"] = body("GitRepository")
    found.step(snapshot())
    assert flux.asked == ["ImageRepository", "GitRepository"]


def test_the_commit_is_what_flux_has_after_it_was_asked():
    flux = Flux(GitRepository=artifact(OLD), ImageRepository={})
    found = requester(flux, find="revision")
    assert found.step(snapshot()).unresolved
    assert found.step(snapshot()).unresolved
    flux.look("GitRepository", **artifact(COMMIT))
    assert found.step(snapshot()) == Goal(revision=COMMIT, environments=("apps-dev",))


def test_a_spec_that_is_stamped_after_the_question_is_asked_anew():
    """The answer to a question about the spec before is the commit before."""
    flux = Flux(GitRepository=artifact(OLD), ImageRepository={})
    found = requester(flux, find="revision")
    found.step(snapshot())
    flux.look("GitRepository", **artifact(OLD))
    flux.stamp("GitRepository")
    assert found.step(snapshot()).unresolved
    flux.look("GitRepository", **artifact(COMMIT))
    assert found.step(snapshot()).revision == COMMIT


def test_a_question_that_a_restart_of_cartographer_takes_away_is_asked_again():
    flux = Flux(GitRepository=artifact(OLD), ImageRepository={})
    found = requester(flux, find="revision")
    found.step(snapshot())
    flux.objects["GitRepository"]["metadata"]["annotations"] = {}
    found.step(snapshot())
    assert flux.asked.count("GitRepository") == 2


def test_a_commit_that_flux_cannot_fetch_is_none():
    flux = Flux(GitRepository=artifact(OLD), ImageRepository={})
    found = requester(flux, find="revision")
    found.step(snapshot())
    failed = [{"type": "Ready", "status": "False", "reason": "GitOperationFailed", "message": ""}]
    flux.look("GitRepository", conditions=failed)
    assert found.step(snapshot()).unresolved


def test_a_source_that_is_no_git_repository_is_followed_as_it_is():
    found = requester(Flux(ImageRepository={}), find="revision")
    assert found.step(snapshot(stages=())).revision == OLD


def test_a_commit_that_is_known_is_not_looked_for():
    found = requester(
        Flux(GitRepository={}, ImageRepository={}), Goal(revision="c0ffee", environments=("apps-dev",))
    )
    assert found.step(snapshot()).revision == "c0ffee"


def test_a_commit_that_was_seen_is_superseded_by_the_next():
    course, goal = Supersession(), Goal(revision="c0ffee0", environments=("apps-dev",))
    before, own, newer = "main@sha1:" + "b" * 40, "main@sha1:c0ffee0" + "c" * 33, "main@sha1:" + "d" * 40
    found = [course.newer(replace(snapshot(), revision=revision), goal) for revision in (before, own, newer)]
    assert found == ["", "", newer]


def test_the_version_is_what_the_policy_chose_a_moment_after_the_scan():
    flux = Flux(ImageRepository={}, ImagePolicy={"latestRef": {"tag": "v0.1.2"}})
    found = requester(flux, find="version")
    assert found.step(snapshot()).unresolved
    flux.look("ImageRepository")
    assert found.step(snapshot(1)).unresolved
    assert found.step(snapshot(3)).version == "0.1.2"


def test_a_delivery_without_versions_is_followed_once_its_source_was_asked():
    flux = Flux(GitRepository=artifact(OLD))
    found = requester(flux, find="version")
    assert found.step(delivered(SOURCE)).unresolved
    flux.look("GitRepository", **artifact(COMMIT))
    assert found.step(delivered(SOURCE)) == Goal(environments=("apps-dev",))
    assert flux.asked == ["GitRepository"]


def test_a_delivery_that_flux_finds_nothing_for_is_followed_as_it_is():
    app = ObjectRef("kappctrl.k14s.io/v1alpha1", "App", "apps-dev", "hello")
    found = requester(Flux(), find="version")
    assert found.step(delivered()).unresolved
    assert not found.step(delivered(app)).unresolved


def test_a_promotion_asks_neither_the_source_nor_other_environments():
    flux = Flux(GitRepository={}, ImageRepository={})
    requester(flux, Goal(environments=("apps-prod",), version="0.1.2")).step(snapshot())
    assert flux.asked == []


@pytest.mark.parametrize("status", [{}, {"status": {}}, {"status": {"lastHandledReconcileAt": "other"}}])
def test_a_look_that_has_not_happened(status):
    assert not request_reconcile.handled(status, "token")
    assert not request_reconcile.handled(status, "")


def test_a_look_that_somebody_asked_for_later_counts():
    later = {"status": {"lastHandledReconcileAt": (NOW + timedelta(seconds=1)).isoformat()}}
    assert request_reconcile.handled(later, NOW.isoformat())
    assert not request_reconcile.handled(later, (NOW + timedelta(seconds=2)).isoformat())


def test_an_object_that_is_gone_cannot_be_asked():
    class Gone:
        def patch(self, *args):
            raise NotFound(404, "NotFound", "none")

    assert request_reconcile.request(Gone(), SOURCE, NOW) == ("", None)
