"""The status of a SourceResolver for a Git server, with and without credentials."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import urllib3
from git_fixtures import git, guarded, url, work

from pkgops.kube import NotFound, Obj
from pkgops.platform.kpack.gitkeychain import git_credentials
from pkgops.platform.kpack.resolver import SourceResolvers
from pkgops.platform.queue import Key

__all__ = ["guarded", "url", "work"]
NOWHERE = "http://127.0.0.1:1"


def secret(name: str, server: str, password: str = "s3cret") -> Obj:
    texts = {"username": "ada", "password": password}
    data = {key: base64.b64encode(text.encode()).decode() for key, text in texts.items()}
    meta = {"name": name, "annotations": {"kpack.io/git": server}}
    return {"metadata": meta, "type": "kubernetes.io/basic-auth", "data": data}


class Cluster:
    """The outer edge: one SourceResolver, and a service account with Secrets."""

    def __init__(self, resolver: Obj, secrets: tuple[Obj, ...]) -> None:
        self.client, self.resolver = self, resolver
        self.secrets = {one["metadata"]["name"]: one for one in secrets}

    def get(self, api: str, kind: str, name: str, namespace: str = "") -> Obj:
        if kind != "ServiceAccount":
            return self.resolver
        if name != "builder":
            raise NotFound(404, "NotFound", "no such account")
        return {"secrets": [{"name": one} for one in self.secrets]}

    def find(self, api: str, kind: str, name: str, namespace: str = "") -> Obj | None:
        return self.secrets.get(name)

    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC)

    def save_status(self, obj: Obj, status: Obj) -> None:
        self.resolver = {**obj, "status": status}


class Resolver:
    """Return a SourceResolver of a Git source after it was reconciled."""

    def __init__(self, git: Obj, *secrets: Obj, account: str = "builder") -> None:
        spec = {"serviceAccountName": account, "source": {"git": git, "subPath": "app"}}
        meta = {"name": "web-source", "namespace": "apps", "generation": 1}
        self.cluster = Cluster({"metadata": meta, "spec": spec}, secrets)
        self.look()

    def look(self) -> None:
        pool = urllib3.PoolManager(retries=False)
        platform: Any = self.cluster
        assert SourceResolvers(platform, pool).reconcile(Key("apps", "web-source")) == 60

    @property
    def source(self) -> Obj:
        found: Obj = self.cluster.resolver["status"]["source"]["git"]
        return found

    @property
    def conditions(self) -> dict[str, str]:
        return {one["type"]: one["status"] for one in self.cluster.resolver["status"]["conditions"]}


def commit(work: Path, name: str) -> str:
    return git(work / "tree", "rev-parse", name)


@pytest.mark.parametrize(("revision", "kind"), [("main", "Branch"), ("v1.0.0", "Tag")])
def test_a_branch_or_tag_is_followed(work: Path, url: str, revision: str, kind: str) -> None:
    whole = {"url": f"{url}/app.git", "revision": revision, "initializeSubmodules": True}
    found = Resolver(whole)
    assert found.source == {**whole, "revision": commit(work, revision), "type": kind, "subPath": "app"}
    assert found.conditions == {"Ready": "True", "ActivePolling": "True"}


@pytest.mark.parametrize("revision", ["nosuch", "a" * 40])
def test_what_the_server_does_not_name_counts_as_a_commit(url: str, revision: str) -> None:
    found = Resolver({"url": f"{url}/app.git", "revision": revision})
    assert (found.source["revision"], found.source["type"]) == (revision, "Commit")
    assert found.conditions == {"Ready": "True", "ActivePolling": "False"}


def test_a_server_that_does_not_answer_leaves_it_to_the_build_to_say_so() -> None:
    found = Resolver({"url": f"{NOWHERE}/app.git", "revision": "main"})
    assert (found.source["revision"], found.source["type"]) == ("main", "Unknown")
    assert found.conditions == {"Ready": "True", "ActivePolling": "False"}


def test_what_was_found_stays_when_the_server_goes(work: Path, url: str) -> None:
    found = Resolver({"url": f"{url}/app.git", "revision": "main"})
    status = {**found.cluster.resolver["status"], "observedGeneration": 1}
    found.cluster.resolver["spec"]["source"]["git"]["url"] = NOWHERE
    found.cluster.resolver["status"] = status
    found.look()
    assert found.source["revision"] == commit(work, "main")


def test_a_server_gets_the_credentials_that_are_for_it(work: Path, guarded: str) -> None:
    source = {"url": f"{guarded}/app.git", "revision": "main"}
    assert Resolver(source, secret("a", "g.io", "wrong"), secret("b", guarded)).source["type"] == "Branch"
    assert Resolver(source, secret("a", "g.io")).source["type"] == "Unknown"
    assert Resolver(source, secret("b", guarded), account="nobody").source["type"] == "Unknown"


@pytest.mark.parametrize("server", ["g.io:8080", "https://g.io:8080", "http://g.io:8080", "git@g.io:8080"])
def test_a_server_may_be_written_in_several_ways(server: str) -> None:
    found = git_credentials([secret("a", server)], "https://me@g.io:8080/x.git")
    assert found is not None
    assert found.username == "ada"


def test_the_first_secret_by_name_counts_and_its_server_is_the_whole_host() -> None:
    both = [secret("b", "g.io", "two"), secret("a", "g.io", "one")]
    found = git_credentials(both, "https://g.io/x.git")
    assert found is not None
    assert found.password == "one"
    assert git_credentials(both, "https://g.io:8080/x.git") is None
    assert git_credentials([{**both[0], "type": "Opaque"}], "https://g.io/x.git") is None
