"""A registry sends the notification of a push before it writes the tag: without one it is scanned again."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from pkgops.platform.flux.imagerepository import TAG_SECONDS, ImageRepositories
from pkgops.platform.flux.schedule import Schedule
from pkgops.platform.flux.tags import TagDatabase
from pkgops.platform.queue import Key

KEY = Key("default", "web")
PUSH = json.dumps({"events": [{"action": "push", "target": {"repository": "demo/web"}}]}).encode()


class Platform:
    """Holds the one ImageRepository."""

    def __init__(self, folder) -> None:
        self.config = SimpleNamespace(data_dir=folder, registry="registry:5000")
        self.client = None
        self.obj = {
            "apiVersion": "image.toolkit.fluxcd.io/v1",
            "kind": "ImageRepository",
            "metadata": {
                "name": "web",
                "namespace": "default",
                "generation": 1,
                "finalizers": ["finalizers.fluxcd.io"],
            },
            "spec": {"image": "registry:5000/demo/web", "interval": "1h"},
        }

    def now(self):
        return datetime(2026, 1, 1, tzinfo=UTC)

    def get(self, *_):
        return self.obj

    def list(self, *_):
        return [self.obj]

    def observe(self, obj):
        return obj

    def event(self, *_):
        pass

    def save_status(self, obj, status):
        self.obj = {**obj, "status": status}
        return self.obj


@pytest.fixture
def tags():
    return []


@pytest.fixture
def platform(tmp_path):
    return Platform(tmp_path)


@pytest.fixture
def repositories(tmp_path, tags, platform):
    client = SimpleNamespace(tags=lambda ref: list(tags))
    schedule = Schedule(lambda: 0.0)
    return ImageRepositories(platform, TagDatabase(tmp_path / "tags"), schedule, lambda *_: client)


def test_a_push_whose_tag_is_not_there_yet_is_looked_at_once_more(repositories, tags, platform):
    tags.append("v1")
    assert repositories.reconcile(KEY) == 3600
    assert repositories.on_push(PUSH) == [KEY]
    assert repositories.reconcile(KEY) == TAG_SECONDS
    tags.append("v2")
    assert repositories.reconcile(KEY) == 3600
    assert platform.obj["status"]["lastScanResult"]["tagCount"] == 2


def test_a_push_of_what_is_there_already_ends(repositories, tags):
    tags.append("v1")
    repositories.reconcile(KEY)
    repositories.on_push(PUSH)
    assert [repositories.reconcile(KEY) for _ in range(3)] == [TAG_SECONDS, 3600, 3600]


def test_a_first_push_without_its_tag_does_not_wait_for_the_interval(repositories, tags):
    repositories.on_push(PUSH)
    assert repositories.reconcile(KEY) == TAG_SECONDS
    tags.append("v1")
    assert repositories.reconcile(KEY) == 3600
