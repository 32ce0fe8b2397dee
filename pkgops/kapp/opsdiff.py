"""The checked patch between two objects, and its MD5 as kapp records it.

kapp writes ``kapp.k14s.io/original-diff-md5``: the MD5 of the YAML of a go-patch diff between what
the server stored and what was sent. It is compared later to detect changes by others, so the text must be
byte for byte that of Go's yaml.v2.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from pkgops.formats import goyaml

_ESCAPES = str.maketrans({"~": "~0", "/": "~1", ":": "~7"})


def diff_md5(left: Any, right: Any) -> str:
    """Return the MD5 of the diff from ``left`` (as stored) to ``right`` (as sent, rebased)."""
    # Operations keep their order of keys, their values are sorted.
    ordered = [
        {key: goyaml.ordered(value, goyaml.V2) for key, value in operation.items()}
        for operation in operations(left, right)
    ]
    text = goyaml.dump(ordered, goyaml.V2)
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def operations(left: Any, right: Any, path: str = "") -> Iterator[dict[str, Any]]:
    """Yield test, replace and remove operations that turn ``left`` into ``right``, keys sorted."""
    if isinstance(left, dict) and isinstance(right, dict):
        yield from _maps(left, right, path)
    elif isinstance(left, list) and isinstance(right, list):
        yield from _lists(left, right, path)
    elif left != right:
        yield {"type": "test", "path": path, "value": left}
        yield {"type": "replace", "path": path, "value": right}


def _maps(left: dict[str, Any], right: dict[str, Any], path: str) -> Iterator[dict[str, Any]]:
    for key in sorted({*left, *right}):
        here = f"{path}/{key.translate(_ESCAPES)}"
        if key not in right:
            yield {"type": "test", "path": here, "value": left[key]}
            yield {"type": "remove", "path": here}
        elif key in left:
            yield from operations(left[key], right[key], here)
        else:
            yield {"type": "test", "path": here, "absent": True}
            yield {"type": "replace", "path": f"{here}?", "value": right[key]}


def _lists(left: list[Any], right: list[Any], path: str) -> Iterator[dict[str, Any]]:
    index = 0
    for place in range(max(len(left), len(right))):
        here = f"{path}/{index}"
        if place >= len(right):
            yield {"type": "test", "path": here, "value": left[place]}
            yield {"type": "remove", "path": here}
            continue
        if place >= len(left):
            yield {"type": "test", "path": f"{path}/{place}", "absent": True}
            yield {"type": "replace", "path": f"{path}/-", "value": right[place]}
        else:
            yield from operations(left[place], right[place], here)
        index += 1
