"""The tags of image repositories: what a scan finds, and where it is kept between scans."""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from collections.abc import Iterable
from pathlib import Path

DEFAULT_EXCLUSIONS = ("^.*\\.sig$",)
LATEST_TAGS = 10
_SCHEME = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*://")


def image_problem(image: str) -> str:
    """Return why a text is not the name of an image repository; empty if it is one."""
    scheme = _SCHEME.match(image)
    if scheme:
        return f"image '{image}' should not include URL scheme; remove '{scheme[0]}'"
    tag = image.rpartition("/")[2].partition(":")[2]
    if tag:
        return f"image '{image}' should not include a tag; remove ':{tag}'"
    return ""


def exclude(tags: Iterable[str], patterns: Iterable[str]) -> list[str]:
    """Return the tags that no pattern matches, highest text first.

    Raises:
        re.error: a pattern is not a regular expression.
    """
    compiled = [re.compile(pattern) for pattern in patterns]
    kept = {tag for tag in tags if not any(pattern.search(tag) for pattern in compiled)}
    return sorted(kept, reverse=True)


def checksum(tags: list[str]) -> str:
    """Return the revision of a list of tags, as the image reflector's database computes it."""
    return str(zlib.adler32(json.dumps(tags, separators=(",", ":")).encode()))


class TagDatabase:
    """The tags of the last scan of each image repository, in files that outlive the process."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, image: str, tags: list[str]) -> None:
        """Replace an image's tags."""
        self._folder.mkdir(parents=True, exist_ok=True)
        file = self._file(image)
        temporary = file.with_suffix(".new")
        temporary.write_text(json.dumps({"image": image, "tags": tags}))
        temporary.replace(file)

    def read(self, image: str) -> list[str] | None:
        """Return an image's tags; None if it was never scanned."""
        try:
            return [str(tag) for tag in json.loads(self._file(image).read_text())["tags"]]
        except (OSError, ValueError, KeyError):
            return None

    def _file(self, image: str) -> Path:
        return self._folder / f"{hashlib.sha256(image.encode()).hexdigest()[:32]}.json"
