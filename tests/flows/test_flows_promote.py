"""What may be promoted, decided from what is known of the first environment."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from pkgops.errors import Exit, RefusedError, UsageError
from pkgops.flows import gates
from pkgops.flows.clusters import Clusters
from pkgops.model import Environment, Snapshot, Verdict
from pkgops.settings import EnvironmentSetting

IMAGE = "registry.example.com/hello@sha256:" + "a" * 64
OTHER = "registry.example.com/hello@sha256:" + "b" * 64
OPS = "registry.example.com/hello-ops@sha256:" + "c" * 64


def environment(**more):
    values = {
        "name": "apps-dev",
        "namespace": "apps-dev",
        "verdict": Verdict.READY,
        "version": "0.1.2",
        "image": IMAGE,
        "revision": "main@sha1:1",
    }
    return Environment(**{**values, **more})


def snapshot(*environments, **more):
    return Snapshot(
        taken_at=datetime(2026, 1, 1, tzinfo=UTC), workload=None, environments=environments, **more
    )


@pytest.fixture
def target():
    """A target whose cluster has the namespaces; nothing else is asked of it here."""
    client = SimpleNamespace(name="team", find=lambda api, kind, name: {"metadata": {"name": name}})
    environments = tuple(EnvironmentSetting(name=name, namespace=name) for name in ("apps-dev", "apps-prod"))
    settings = SimpleNamespace(environments=environments)
    clusters = Clusters(client, environments, lambda _: client)
    return SimpleNamespace(client=client, settings=settings, clusters=clusters, name="team")


def wanted(target, seen, version="", origins=None):
    source = target.settings.environments[0]
    return gates._release(target, source, version, seen, origins or {})


def test_exactly_what_answers_is_promoted(target):
    found = wanted(target, snapshot(environment()))
    assert (found.version, found.image, found.revision, found.pinned) == (
        "0.1.2",
        IMAGE,
        "main@sha1:1",
        "0.1.2",
    )


def test_the_version_of_the_first_environment_may_be_named(target):
    assert wanted(target, snapshot(environment()), "0.1.2").image == IMAGE


@pytest.mark.parametrize("seen", [snapshot(), snapshot(environment(version="", verdict=Verdict.WAITING))])
def test_nothing_to_promote(target, seen):
    with pytest.raises(RefusedError, match="nothing to promote") as caught:
        wanted(target, seen)
    assert caught.value.exit_code is Exit.REFUSED


def test_an_older_version_brings_its_own_image_and_commit_though_it_runs_nowhere(target, monkeypatch):
    monkeypatch.setattr(gates.change.versions, "resolved", lambda settings, version: (OPS, OTHER))
    built = {OTHER.partition("@")[2]: "main@sha1:0", IMAGE.partition("@")[2]: "main@sha1:1"}
    found = wanted(target, snapshot(environment()), "0.1.1", built)
    assert (found.version, found.ops, found.image, found.revision) == ("0.1.1", OPS, OTHER, "main@sha1:0")


def test_where_a_promotion_may_go(target):
    assert gates._destination(target, "apps-prod").name == "apps-prod"
    with pytest.raises(UsageError, match="there is no environment 'apps-prd'"):
        gates._destination(target, "apps-prd")
