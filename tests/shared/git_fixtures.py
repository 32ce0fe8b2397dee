"""A Git server with a repository that has what real ones have in them."""

from __future__ import annotations

import base64
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pkgops.local.gitserver.server import GitServer

ENV = {
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.com",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.com",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "PATH": "/usr/bin:/bin",
}


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=folder, env=ENV, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A working tree with two commits, tags, a symbolic link and a program, pushed to app.git."""
    root = tmp_path_factory.mktemp("git")
    bare, tree = root / "served" / "app.git", root / "tree"
    bare.mkdir(parents=True)
    git(bare, "init", "-q", "--bare", "-b", "main")
    (root / "served" / "empty.git").mkdir()
    git(root / "served" / "empty.git", "init", "-q", "--bare", "-b", "main")
    tree.mkdir()
    git(tree, "init", "-q", "-b", "main")
    (tree / "a.txt").write_text("1")
    (tree / "bin").mkdir()
    (tree / "bin" / "run").write_text("#!/bin/sh")
    (tree / "bin" / "run").chmod(0o755)
    (tree / "link").symlink_to("a.txt")
    git(tree, "add", "-A")
    git(tree, "commit", "-q", "-m", "first\n\nwith a body")
    git(tree, "tag", "v1.0.0")
    (tree / "a.txt").write_text("2")
    git(tree, "commit", "-q", "-a", "-m", "second")
    git(tree, "tag", "-a", "v1.1.0", "-m", "annotated")
    git(tree, "push", "-q", str(bare), "main", "--tags")
    return root


@pytest.fixture(scope="module")
def url(work: Path) -> Iterator[str]:
    server = GitServer(("127.0.0.1", 0), work / "served", lambda _: None)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def guarded(work: Path) -> Iterator[str]:
    """The same repositories, for ada with the password s3cret alone."""
    server = GitServer(("127.0.0.1", 0), work / "served", lambda _: None)
    wanted = f"Basic {base64.b64encode(b'ada:s3cret').decode()}"
    plain: Any = server.RequestHandlerClass

    class Guarded(plain):  # type: ignore[misc]
        def do_GET(self) -> None:  # noqa: N802
            if self._may():
                super().do_GET()

        def do_POST(self) -> None:  # noqa: N802
            if self._may():
                super().do_POST()

        def _may(self) -> bool:
            if self.headers.get("Authorization") == wanted:
                return True
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="git"')
            self.send_header("Content-Length", "0")
            self.end_headers()
            return False

    server.RequestHandlerClass = Guarded
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
