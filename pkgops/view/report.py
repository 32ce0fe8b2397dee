"""The page of a pipeline with its data inside: one file that makes no requests. Pure."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

WEB = resources.files("pkgops.view") / "web"
MODULES = (
    "text.js",
    "window.js",
    "graph.js",
    "bars.js",
    "proof.js",
    "logs.js",
    "changes.js",
    "matrix.js",
    "details.js",
    "view.js",
    "workloads.js",
    "dom.js",
    "stream.js",
    "main.js",
)
"""In the order of their imports: an imported module comes before its importers."""

_IMPORT = re.compile(r"^import [^;]*;\n", re.MULTILINE)
_EXPORT = re.compile(r"^export (?=const|function)", re.MULTILINE)
_UNSAFE = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
"""Characters that could end a script element, written as JSON's escapes."""


def document(data: Mapping[str, Any]) -> str:
    """Return the page as HTML; its policy allows its own script and style by their hashes only.

    Where the data contains ``events``, a served page may request them from its own server.
    """
    script, style = bundle(), _read("page.css")
    policy = (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    ) + ("; connect-src 'self'" if data.get("events") else "")
    parts = {
        "policy": policy,
        "title": html.escape(f"{data.get('title') or 'pipeline'} · pkgops"),
        "style": style,
        "data": embedded(data),
        "script": script,
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda found: parts[found.group(1)], _read("page.html"))


def embedded(data: Mapping[str, Any]) -> str:
    """Return JSON that is safe inside a script element, whatever its strings are."""
    text = json.dumps(data, separators=(",", ":"))
    return (
        "".join(_UNSAFE.get(char, char) for char in text) if any(char in text for char in _UNSAFE) else text
    )


@cache
def bundle() -> str:
    """Return all modules as one script: a page from disk may import none."""
    return "\n".join(_EXPORT.sub("", _IMPORT.sub("", _read(name))) for name in MODULES)


@cache
def _read(name: str) -> str:
    return (WEB / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
