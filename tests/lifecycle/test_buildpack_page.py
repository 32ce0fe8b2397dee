"""The server of the Node.js buildpack for a page that a build has made."""

from __future__ import annotations

import http.client
import os
import re
import shutil
import subprocess
from collections.abc import Iterator

import pytest

from pkgops.local.images.cnb import BUILDPACKS

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="node is not on this machine")


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a server of a page, which is ended."""
    root = tmp_path_factory.mktemp("dist")
    (root / "assets").mkdir()
    (root / "index.html").write_text("the page")
    (root / "about.html").write_text("about")
    (root / "assets/a b.js").write_text("1")
    (root / ".env").write_text("secret")
    (root.parent / "dist-beside").mkdir()
    (root.parent / "dist-beside/key.txt").write_text("secret")
    (root / "link.txt").symlink_to(root.parent / "dist-beside/key.txt")
    program = str(BUILDPACKS / "nodejs/serve.js")
    # Port 0 is one that is free; the server says which.
    words = ["node", program, str(root)]
    env = {**os.environ, "PORT": "0"}
    with subprocess.Popen(words, env=env, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        told = re.search(r"port (\d+)", server.stdout.readline())
        assert told is not None
        yield int(told[1])
        server.terminate()


def answer(port: int, path: str, method: str = "GET") -> tuple[int, str, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request(method, path)
    response = connection.getresponse()
    text = response.read().decode()
    connection.close()
    return response.status, str(response.getheader("Content-Type")).partition(";")[0], text


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", (200, "text/html", "the page")),
        ("/?a=1", (200, "text/html", "the page")),
        ("/assets/a%20b.js", (200, "text/javascript", "1")),
        ("/about", (200, "text/html", "about")),
        # The page's own router knows it.
        ("/orders/7", (200, "text/html", "the page")),
    ],
)
def test_a_page_is_served_with_its_files(port: int, path: str, expected: tuple[int, str, str]) -> None:
    assert answer(port, path) == expected
    assert answer(port, path, "HEAD") == (*expected[:2], "")


@pytest.mark.parametrize(
    "path",
    [
        "/absent.js",
        "/.env",
        "/../dist-beside/key.txt",
        "/%2e%2e/dist-beside/key.txt",
        "/link.txt",
        "/%00",
        "/%",
    ],
)
def test_nothing_else_is_served(port: int, path: str) -> None:
    status, _, text = answer(port, path)
    assert (status, "secret" in text) == (404, False)


def test_a_page_takes_nothing(port: int) -> None:
    assert answer(port, "/", "POST")[0] == 405
