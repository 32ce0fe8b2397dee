"""Fetching from a real Git server, with what real repositories have in them."""

import shutil
import threading
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import ClassVar

import pytest
from git_fixtures import git, url, work

from pkgops.platform import gitsource
from pkgops.platform.flux.refs import select
from pkgops.platform.gitcheckout import Auth, GitError

# Seconds; a busy machine is no failure.
PATIENCE = 120
pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="needs git, for the server's side")
NO_AUTH = Auth()
__all__ = ["url", "work"]


def fetch(url, ref, *more, **rest):
    return gitsource.fetch(url, partial(select, ref=ref), *more, **rest)


def test_a_branch_gives_its_newest_commit(work, url):
    head = git(work / "tree", "rev-parse", "main")
    found = fetch(f"{url}/app.git", {"branch": "main"}, NO_AUTH, PATIENCE)
    assert (found.commit, found.revision, found.message) == (head, f"main@sha1:{head}", "second")
    assert {(file.path, file.content, file.executable) for file in found.files} == {
        ("a.txt", b"2", False),
        ("bin/run", b"#!/bin/sh", True),
    }
    assert (found.links, found.submodules, found.tags) == ((("link", "a.txt"),), (), ())


def test_nothing_is_fetched_while_the_revision_is_the_same(work, url):
    head = git(work / "tree", "rev-parse", "main")
    assert fetch(f"{url}/app.git", {"branch": "main"}, NO_AUTH, PATIENCE, unless=f"main@sha1:{head}") is None
    assert fetch(f"{url}/app.git", {"semver": "1.x"}, NO_AUTH, PATIENCE, unless=f"v1.1.0@sha1:{head}") is None


@pytest.mark.parametrize(
    ("ref", "commit", "name"),
    [
        ({"tag": "v1.0.0"}, "main~1", "v1.0.0@"),
        ({"tag": "v1.1.0"}, "main", "v1.1.0@"),
        ({"semver": ">=1.0.0 <1.1.0"}, "main~1", "v1.0.0@"),
        ({"name": "refs/tags/v1.1.0"}, "main", "refs/tags/v1.1.0@"),
    ],
)
def test_other_references(work, url, ref, commit, name):
    sha = git(work / "tree", "rev-parse", commit)
    assert fetch(f"{url}/app.git", ref, NO_AUTH, PATIENCE).revision == f"{name}sha1:{sha}"


def test_a_commit_that_no_reference_names(work, url):
    sha = git(work / "tree", "rev-parse", "main~1")
    found = fetch(f"{url}/app.git", {"commit": sha}, NO_AUTH, PATIENCE)
    assert found.revision == f"sha1:{sha}"
    assert found.message == "first\n\nwith a body"


def test_the_object_of_an_annotated_tag_is_no_commit(work, url):
    sha = git(work / "tree", "rev-parse", "v1.1.0")
    with pytest.raises(GitError, match=f"commit object for '{sha}': object not found"):
        fetch(f"{url}/app.git", {"commit": sha}, NO_AUTH, PATIENCE)


FAILURES = [
    ("app.git", {"branch": "no"}, "GitOperationFailed", 'couldn\'t find remote ref "refs/heads/no"'),
    ("none.git", {}, "GitOperationFailed", "repository not found"),
    ("empty.git", {"branch": "main"}, "EmptyGitRepository", "git repository is empty"),
    ("app.git", {"commit": "0" * 39 + "1"}, "GitOperationFailed", ""),
    ("app.git", {"commit": "4d14b0eb"}, "GitOperationFailed", "commit object for '4d14b0eb'"),
    ("app.git", {"commit": "Z" * 40}, "GitOperationFailed", "object not found"),
]


@pytest.mark.parametrize(("path", "ref", "reason", "message"), FAILURES)
def test_failures_are_told_in_the_source_controllers_words(url, path, ref, reason, message):
    with pytest.raises(GitError) as failed:
        fetch(f"{url}/{path}", ref, NO_AUTH, PATIENCE)
    assert failed.value.reason == reason
    assert message in failed.value.message


def test_a_server_that_is_not_there():
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        port = server.server_address[1]
    with pytest.raises(GitError) as failed:
        fetch(f"http://127.0.0.1:{port}/app.git", {}, NO_AUTH, PATIENCE)
    assert failed.value.message == (
        f"unable to clone 'http://127.0.0.1:{port}/app.git': "
        f'Get "http://127.0.0.1:{port}/app.git/info/refs?service=git-upload-pack": '
        f"dial tcp 127.0.0.1:{port}: connect: connection refused"
    )


class Refuses(BaseHTTPRequestHandler):
    """Responds with the status at the start of the path; records the credentials of requests."""

    seen: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.seen.append(self.headers.get("Authorization", ""))
        self.send_response(int(self.path.split("/")[1]))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def refuser():
    Refuses.seen = []
    server = HTTPServer(("127.0.0.1", 0), Refuses)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (401, "authentication required"),
        (403, "authorization failed"),
        (404, "repository not found"),
        (500, "unexpected client error: unexpected requesting "),
    ],
)
def test_what_a_server_answers(refuser, status, message):
    with pytest.raises(GitError) as failed:
        fetch(f"{refuser}/{status}/app.git", {}, NO_AUTH, PATIENCE)
    assert f"/{status}/app.git': {message}" in failed.value.message


def test_credentials_are_sent_and_never_told(refuser):
    for auth in (Auth(username="u", password="s3cret"), Auth(token="t0ken")):
        with pytest.raises(GitError) as failed:
            fetch(f"{refuser}/401/app.git", {}, auth, PATIENCE)
        assert "s3cret" not in failed.value.message
        assert "t0ken" not in failed.value.message
    assert Refuses.seen == ["Basic dTpzM2NyZXQ=", "Bearer t0ken"]
