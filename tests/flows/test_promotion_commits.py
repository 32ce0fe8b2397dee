"""The commits between two releases: which of a history they are, and how a real Git server is asked."""

from __future__ import annotations

import base64
import shutil
from datetime import UTC, datetime

import pytest
from git_fixtures import git, url, work

from pkgops.flows.promotion import commits
from pkgops.kube import connect
from pkgops.platform import gitsource
from pkgops.platform.gitcheckout import Auth, LoggedCommit

__all__ = ["url", "work"]
needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="needs git, for the server's side")
PATIENCE = 120
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


def sha(name):
    return name.encode().hex().rjust(40, "0")


def log(**parents):
    """A history; commits are named by letters, each later than the one before it."""
    return {
        sha(name): LoggedCommit(
            sha=sha(name),
            parents=tuple(map(sha, of)),
            subject=name,
            author="Ada",
            when=BEGIN.replace(hour=hour),
        )
        for hour, (name, of) in enumerate(parents.items())
    }


LINE = log(a="", b="a", c="b", d="c")
MERGED = log(a="", b="a", x="a", c="bx", d="c")


@pytest.mark.parametrize(
    ("history", "before", "after", "added", "removed", "complete"),
    [
        (LINE, "a", "d", "dcb", "", True),
        (LINE, "d", "b", "", "dc", True),
        (MERGED, "b", "d", "dcx", "", True),
        (MERGED, "b", "x", "x", "b", True),
        # The history ends before both meet: there may be more.
        (log(b="a", d="c"), "b", "d", "d", "b", False),
        # It ends, but nothing that is listed does.
        (log(b="a", c="b", d="c"), "b", "d", "dc", "", True),
    ],
)
def test_what_leads_to_one_end_and_not_to_the_other(history, before, after, added, removed, complete):
    found = commits.of_log(history, f"main@sha1:{sha(before)}", sha(after))
    told = ["".join(one.subject for one in ends) for ends in (found.added, found.removed)]
    assert (told, found.complete, found.unknown) == ([added, removed], complete, "")


def test_a_commit_that_the_server_has_no_more_is_named():
    found = commits.of_log(LINE, "f" * 40, sha("d"))
    assert (found.added, found.unknown) == ((), "the Git server no longer has ffffffff")


@needs_git
def test_a_server_gives_the_commits_that_led_to_some(work, url):
    tree = work / "tree"
    ends = [git(tree, "rev-parse", ref) for ref in ("main~1", "main")]
    found = gitsource.history(f"{url}/app.git", ends, Auth(), PATIENCE, 10)
    second = found[ends[1]]
    assert (second.subject, second.author, second.parents) == ("second", "Ada", (ends[0],))
    assert found[ends[0]].subject == "first"
    shallow = gitsource.history(f"{url}/app.git", ends[1:], Auth(), PATIENCE, 1)
    assert (list(shallow), shallow[ends[1]].parents) == (ends[1:], (ends[0],))
    # What it does not give out by itself is looked for in its branches, and one that is gone is not there.
    assert set(gitsource.history(f"{url}/app.git", [ends[1], "1" * 40], Auth(), PATIENCE, 1)) == set(ends)


@pytest.fixture
def memory(tmp_path, memory_api):
    memory_api.serve(("source.toolkit.fluxcd.io/v1", "GitRepository"), namespaced=True)
    return memory_api, connect(memory_api.kubeconfig(tmp_path / "jane", user="jane"))


def stamped(memory, address, **spec):
    """Put a Workload and the GitRepository that was stamped for it."""
    ref = {
        "apiVersion": "source.toolkit.fluxcd.io/v1",
        "kind": "GitRepository",
        "namespace": "default",
        "name": "hello-source",
    }
    workload = {
        "apiVersion": "carto.run/v1alpha1",
        "kind": "Workload",
        "metadata": {"name": "hello", "namespace": "default", "uid": "w"},
        "status": {"resources": [{"name": "source", "stampedRef": ref}]},
    }
    repository = {
        "apiVersion": ref["apiVersion"],
        "kind": "GitRepository",
        "metadata": {"name": "hello-source", "namespace": "default", "uid": "g"},
        "spec": {"url": address, **spec},
    }
    api, client = memory
    api.put(workload, repository)
    return client


@needs_git
def test_the_server_of_the_workloads_source_is_asked(memory, work, url):
    ends = [git(work / "tree", "rev-parse", ref) for ref in ("main~1", "main")]
    client = stamped(memory, f"{url}/app.git")
    found = commits.between(client, "default", "hello", *ends)
    assert [one.subject for one in found.added] == ["second"]
    assert (found.removed, found.unknown) == ((), "")
    back = commits.between(client, "default", "hello", *reversed(ends))
    assert [one.subject for one in back.removed] == ["second"]
    assert commits.between(client, "default", "hello", ends[0], ends[0]).added == ()
    assert commits.between(client, "default", "hello", "", ends[0]).unknown == ""


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("http://jane:s3cret@127.0.0.1:1/app.git", "connection refused"),
        ("ssh://git@example.com/app.git", "not ssh"),
        ("", "it has no Git URL"),
    ],
)
def test_what_cannot_be_asked_is_told_without_a_password(memory, address, told):
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "git", "namespace": "default", "uid": "s"},
        "data": {
            "username": base64.b64encode(b"jane").decode(),
            "password": base64.b64encode(b"s3cret").decode(),
        },
    }
    client = stamped(memory, address, secretRef={"name": "git"})
    memory[0].put(secret)
    found = commits.between(client, "default", "hello", "a" * 40, "b" * 40)
    assert told in found.unknown
    assert "s3cret" not in repr(found)


def test_a_secret_that_holds_nonsense_is_no_traceback(memory):
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "git", "namespace": "default", "uid": "s"},
        "data": {"ca.crt": base64.b64encode(b"s3cret").decode()},
    }
    client = stamped(memory, "https://127.0.0.1:1/app.git", secretRef={"name": "git"})
    memory[0].put(secret)
    found = commits.between(client, "default", "hello", "a" * 40, "b" * 40)
    assert found.unknown.startswith("the Git server cannot be read: ")
    assert "s3cret" not in repr(found)
