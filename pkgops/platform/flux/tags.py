"""The tags of image repositories: filtering after a scan, and the database that stores them."""

from __future__ import annotations

import hashlib
import json
import re
import tempfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pkgops.formats.goregexp import compiled

DEFAULT_EXCLUSIONS = ("^.*\\.sig$",)
LATEST_TAGS = 10
_SCHEME = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*://")


class BadExclusion(Exception):
    """A pattern of an exclusion list is not valid; the text is Flux's message."""


def image_problem(image: str) -> str:
    """Return Flux's message why a text is not the name of an image repository; empty if it is one."""
    scheme = _SCHEME.match(image)
    if scheme:
        return f"image '{image}' should not include URL scheme; remove '{scheme[0]}'"
    tag = image.rpartition("/")[2].partition(":")[2]
    if tag:
        return f"image '{image}' should not include a tag; remove ':{tag}'"
    return ""


def exclude(tags: Iterable[str], patterns: Iterable[str]) -> list[str]:
    """Return the tags that no pattern matches, in descending order.

    Raises:
        BadExclusion: a pattern is not a regular expression of RE2.
    """
    expressions = [_expression(pattern) for pattern in patterns]
    kept = {tag for tag in tags if not any(expression.search(tag) for expression in expressions)}
    return sorted(kept, reverse=True)


def _expression(pattern: str) -> Any:
    try:
        return compiled(pattern)
    except ValueError as error:
        raise BadExclusion(f"failed to compile regex {pattern}: {error}") from error


def checksum(tags: list[str]) -> str:
    """Return the revision of a list of tags, as the image reflector's database computes it."""
    return str(zlib.adler32(json.dumps(tags, separators=(",", ":")).encode()))


class TagDatabase:
    """The tags of the last scan of each image repository, in files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, image: str, tags: list[str]) -> None:
        """Replace an image's tags."""
        self._folder.mkdir(parents=True, exist_ok=True)
        file = self._file(image)
        # Two ImageRepositories may have the same image, and be scanned at the same time.
        with tempfile.NamedTemporaryFile("w", dir=self._folder, suffix=".new", delete=False) as draft:
            draft.write(json.dumps({"image": image, "tags": tags}))
        Path(draft.name).replace(file)

    def read(self, image: str) -> list[str] | None:
        """Return an image's tags; None if it was never scanned."""
        try:
            return [str(tag) for tag in json.loads(self._file(image).read_text())["tags"]]
        except (OSError, ValueError, KeyError):
            return None

    def _file(self, image: str) -> Path:
        return self._folder / f"{hashlib.sha256(image.encode()).hexdigest()[:32]}.json"
