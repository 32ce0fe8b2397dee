"""A stage that is started again: one new run object with the same inputs."""

from __future__ import annotations

from datetime import timedelta

import pytest
from shared_traces import recorded

from pkgops.errors import PkgopsError, RefusedError, UsageError
from pkgops.flows import replay, stages
from pkgops.flows.run.start_again import start_again
from pkgops.model import ObjectRef


class Api:
    """Takes what would be written to the API server."""

    def __init__(self):
        self.created = []
        self.patched = []

    def create(self, obj):
        self.created.append(obj)
        return {**obj, "metadata": {**obj["metadata"], "name": obj["metadata"]["generateName"] + "abcde"}}

    def patch(self, api_version, kind, name, namespace, patch):
        self.patched.append((kind, name, namespace, patch))
        return {}


def started(stage, seconds=20):
    found = recorded("second-run")
    tracker = replay.tracker_at(found, seconds)
    now = found.began + timedelta(seconds=seconds)
    snapshot = tracker.snapshot(now)
    api = Api()
    return api, start_again(api, tracker.store, stages.named(snapshot.all_stages, stage)[0], now)


@pytest.mark.parametrize(
    ("stage", "name"),
    [("test", "source-tester"), ("imgpkg-bundler", "imgpkg-bundler"), ("push", "imgpkg-bundler")],
)
def test_a_run_is_made_again_with_the_same_inputs(stage, name):
    api, done = started(stage)
    (made,) = api.created
    assert (done.stage, made["kind"]) == (name, "TaskRun")
    assert "name" not in made["metadata"]
    assert "uid" not in made["metadata"]
    assert made["metadata"]["labels"]["carto.run/runnable-name"]
    assert made["metadata"]["ownerReferences"][0]["kind"] == "Runnable"
    assert made["spec"]["params"]
    assert "status" not in made
    assert api.patched == []


def test_a_build_is_asked_of_kpack():
    api, done = started("build")
    ((kind, name, _, patch),) = api.patched
    assert (kind, name) == ("Build", "hello-go-web2pkg-build-2")
    assert list(patch["metadata"]["annotations"]) == ["image.kpack.io/additionalBuildNeeded"]
    assert done.object.kind == "Build"


def test_a_fetch_is_asked_of_flux():
    api, done = started("fetch")
    ((kind, _, _, patch),) = api.patched
    assert kind == "GitRepository"
    assert list(patch["metadata"]["annotations"]) == ["reconcile.fluxcd.io/requestedAt"]
    assert isinstance(done.object, ObjectRef)


def test_what_cannot_be_started_again_is_refused():
    with pytest.raises(RefusedError):
        started("deployer")


def test_what_has_not_run_yet():
    found = recorded("first-run")
    tracker = replay.tracker_at(found, 60)
    snapshot = tracker.snapshot(found.began + timedelta(seconds=60))
    with pytest.raises(UsageError) as error:
        start_again(
            Api(), tracker.store, stages.named(snapshot.all_stages, "image-builder")[0], snapshot.taken_at
        )
    assert "source-tester" in error.value.why


def test_no_such_stage():
    found = recorded("second-run")
    with pytest.raises(PkgopsError) as error:
        stages.named(replay.at(found, 20).all_stages, "source-testr")
    assert "source-tester" in f"{error.value.why} {error.value.next}"
