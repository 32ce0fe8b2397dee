"""Asking Flux to look, and finding the commit or version to follow; the cluster is a hand-written one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from pkgops.flows import nudge
from pkgops.flows.deadlines import Limits
from pkgops.flows.ports import Ports
from pkgops.flows.pursue import Chase, Looker
from pkgops.flows.wait import Goal
from pkgops.kube import NotFound
from pkgops.model import Environment, ObjectRef, Snapshot, Stage
from pkgops.settings import EnvironmentSetting

NOW = datetime(2026, 1, 1, tzinfo=UTC)
COMMIT = "main@sha1:" + "a" * 40
SOURCE = ObjectRef(nudge.SOURCE_API, "GitRepository", "default", "hello")
SCAN = ObjectRef(nudge.IMAGE_API, "ImageRepository", "apps-dev", "hello")
POLICY = ObjectRef(nudge.IMAGE_API, "ImagePolicy", "apps-dev", "hello")


class Cluster:
    """Objects by kind, with the annotations that were asked for."""

    def __init__(self, **objects):
        self.objects = objects
        self.asked = []

    def patch(self, api_version, kind, name, namespace, patch):
        if kind not in self.objects:
            raise NotFound(404, "NotFound", "none")
        token = patch["metadata"]["annotations"][nudge.REQUESTED_AT]
        self.asked.append((kind, token))
        return {}

    def find(self, api_version, kind, name, namespace=""):
        return self.objects.get(kind)

    def handle(self):
        """Do what the controllers do: look, and say so."""
        for kind, token in self.asked:
            self.objects[kind].setdefault("status", {})["lastHandledReconcileAt"] = token


class Clock:
    def __init__(self):
        self.time = NOW

    def __call__(self):
        return self.time


def stage(name, part, ref):
    return Stage(name, part, name, object=ref)


def snapshot(package="", stages=(SOURCE,)):
    environment = Environment(
        "apps-dev", "apps-dev", stages=tuple(stage(ref.kind, "apps-dev", ref) for ref in (SCAN, POLICY))
    )
    chain = tuple(stage(ref.kind, "supply-chain", ref) for ref in stages)
    return Snapshot(NOW, None, stages=chain, environments=(environment,), package=package, revision="r1")


def looker(cluster, goal=None, find=""):
    setting = EnvironmentSetting("apps-dev", "apps-dev")
    target = SimpleNamespace(client=cluster, client_of=lambda _: cluster)
    clock = Clock()
    chase = Chase("hello", goal or Goal(environments=("apps-dev",)), (setting,), Limits(60), find)
    return Looker(target, chase, Ports(now=clock)), clock


def kinds(cluster):
    return [kind for kind, _ in cluster.asked]


def test_each_object_is_asked_once():
    cluster = Cluster(GitRepository={}, ImageRepository={})
    found, _ = looker(cluster)
    for _ in range(3):
        found.see(snapshot())
    assert kinds(cluster) == ["GitRepository", "ImageRepository"]


def test_a_new_package_is_asked_for_again():
    cluster = Cluster(GitRepository={}, ImageRepository={})
    found, _ = looker(cluster)
    found.see(snapshot())
    found.see(snapshot(package="p@sha256:1"))
    assert kinds(cluster) == ["GitRepository", "ImageRepository", "ImageRepository"]


def test_what_is_not_there_yet_is_asked_later():
    cluster = Cluster(ImageRepository={})
    found, _ = looker(cluster)
    found.see(snapshot())
    cluster.objects["GitRepository"] = {}
    found.see(snapshot())
    assert "GitRepository" in kinds(cluster)


def test_the_commit_is_what_flux_has_after_it_was_asked():
    old = {"status": {"artifact": {"revision": "main@sha1:" + "0" * 40}}}
    cluster = Cluster(GitRepository=old, ImageRepository={})
    found, _ = looker(cluster, find="revision")
    assert found.see(snapshot()) is None
    cluster.objects["GitRepository"]["status"]["artifact"]["revision"] = COMMIT
    assert found.see(snapshot()) is None
    cluster.handle()
    assert found.see(snapshot()).revision == COMMIT


def test_a_source_that_is_no_git_repository_is_followed_as_it_is():
    found, _ = looker(Cluster(ImageRepository={}), find="revision")
    assert found.see(snapshot(stages=())).revision == "r1"


def test_a_commit_that_is_known_is_not_looked_for():
    found, _ = looker(Cluster(GitRepository={}, ImageRepository={}), Goal("c0ffee", ("apps-dev",)))
    assert found.see(snapshot()).revision == "c0ffee"


def test_a_commit_that_is_overtaken_hands_on_to_the_newer_one():
    told = []
    found, _ = looker(Cluster(GitRepository={}, ImageRepository={}), Goal("c0ffee0", ("apps-dev",)))
    found.ports = Ports(on_event=lambda event: told.append(event.message))
    before, own, newer = "main@sha1:" + "b" * 40, "main@sha1:c0ffee0" + "c" * 33, "main@sha1:" + "d" * 40
    assert found.see(replace(snapshot(), revision=before)).revision == "c0ffee0"
    assert found.see(replace(snapshot(), revision=own)).revision == "c0ffee0"
    assert found.see(replace(snapshot(), revision=newer)).revision == newer
    assert told == ["commit dddddddd has overtaken c0ffee0; following that one"]


def test_the_version_is_what_the_policy_chose_a_moment_after_the_scan():
    policy = {"status": {"latestRef": {"tag": "v0.1.2"}}}
    cluster = Cluster(ImageRepository={}, ImagePolicy=policy)
    found, clock = looker(cluster, find="version")
    assert found.see(snapshot()) is None
    cluster.handle()
    assert found.see(snapshot()) is None
    clock.time += timedelta(seconds=2)
    assert found.see(snapshot()).version == "0.1.2"


def test_a_promotion_asks_neither_the_source_nor_other_environments():
    cluster = Cluster(GitRepository={}, ImageRepository={})
    found, _ = looker(cluster, Goal(environments=("apps-prod",), version="0.1.2"))
    found.environments["apps-prod"] = EnvironmentSetting("apps-prod", "apps-prod")
    found.see(snapshot())
    assert cluster.asked == []


@pytest.mark.parametrize("status", [{}, {"status": {}}, {"status": {"lastHandledReconcileAt": "other"}}])
def test_a_look_that_has_not_happened(status):
    assert not nudge.handled(status, "token")
