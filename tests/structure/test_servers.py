"""Servers of pkgops answer at once."""

from __future__ import annotations

import importlib
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pkgops

ROOT = Path(pkgops.__file__).parent


def waiting(root):
    """The modules with a handler that leaves the end of an answer to Nagle's algorithm."""
    texts = {path.relative_to(root).as_posix(): path.read_text() for path in root.rglob("*.py")}
    handlers = {name: text.count("(BaseHTTPRequestHandler):") for name, text in texts.items()}
    return [
        name
        for name, count in handlers.items()
        if texts[name].count("disable_nagle_algorithm = True") < count
    ]


def test_no_answer_waits_for_the_acknowledgement_of_its_head():
    assert waiting(ROOT) == []
    # As the standard library calls it.
    assert BaseHTTPRequestHandler.disable_nagle_algorithm is False
    assert importlib.import_module("pkgops.local.gitserver.server")._Handler.disable_nagle_algorithm


def test_a_handler_that_waits_is_found(tmp_path):
    (tmp_path / "server.py").write_text("class Handler(BaseHTTPRequestHandler):\n    pass\n")
    assert waiting(tmp_path) == ["server.py"]
