"""Faults that depend on the cluster: versions that are not served, downloads, withdrawn images."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from pkgops.pipeline.lint_rules.finding import LintFinding, Obj, finding
from pkgops.readiness.base import spec
from pkgops.values import Value, made

_DOWNLOAD = re.compile(r"\b(?:wget|curl)\b[^\n]*(?:>|-o|-O)[^\n]*\n(?:[^\n]*\n)??[^\n]*chmod \+x")
_WITHDRAWN = re.compile(r"(?:docker\.io/)?bitnami/")
_PROGRAMS = {"package": re.compile(r"\bimgpkg\b"), "test": re.compile(r"\bgo test\b")}


class Surroundings(Value):
    """The cluster that templates are for.

    ``versions`` has apiVersions that it does not serve, each with the one that it serves instead; ``images``
    has the images that it provides for a step, by what the step does (``test``, ``package``).
    """

    versions: Mapping[str, str] = made(default_factory=dict)
    images: Mapping[str, str] = made(default_factory=dict)


def version_gone(objects: list[Obj], around: Surroundings) -> Iterator[LintFinding]:
    """A version that the cluster does not serve, in an object, in what it stamps or in what it selects."""
    for obj in objects:
        text = json.dumps(obj)
        for old, new in around.versions.items():
            if f'"{old}"' not in text or obj.get("kind") == "ClusterTask":
                continue

            def fix(after: Obj, old: str = old, new: str = new) -> None:
                changed = json.loads(json.dumps(after).replace(f'"{old}"', f'"{new}"'))
                after.clear()
                after.update(changed)

            yield finding("version-not-served", obj, f"{old} is not served here: it is {new}", fix)


def downloads(objects: list[Obj], around: Surroundings) -> Iterator[LintFinding]:
    """A step that downloads its programs at each run depends on those servers and on what they serve."""
    for obj in objects:
        for index, step in enumerate(_steps(obj)):
            image = _image_for(step, around)
            if not _DOWNLOAD.search(str(step.get("script") or "")) or image in ("", step.get("image")):
                continue

            def fix(after: Obj, index: int = index, image: str = image) -> None:
                after["spec"]["steps"][index]["image"] = image
                for volume in after["spec"].get("volumes") or ():
                    if volume.pop("persistentVolumeClaim", None):
                        volume["emptyDir"] = {}

            what = (
                f"step {step.get('name', index)} downloads its programs at each run: an image can have them"
            )
            yield finding("step-downloads", obj, what, fix)


def withdrawn_image(objects: list[Obj], around: Surroundings) -> Iterator[LintFinding]:
    """Images of docker.io/bitnami are not published any more (since 2025)."""
    for obj in objects:
        for index, step in enumerate(_steps(obj)):
            image = _image_for(step, around)
            if not image or not _WITHDRAWN.match(str(step.get("image") or "")):
                continue

            def fix(after: Obj, index: int = index, image: str = image) -> None:
                after["spec"]["steps"][index]["image"] = image

            yield finding("image-withdrawn", obj, f"{step['image']} is not published any more", fix)


def _steps(obj: Obj) -> list[dict[str, Any]]:
    return list(spec(obj).get("steps") or ()) if obj.get("kind") in ("Task", "ClusterTask") else []


def _image_for(step: dict[str, Any], around: Surroundings) -> str:
    """The image that this cluster provides for what a step does; empty where it has none."""
    words = [step.get("script"), *(step.get("command") or ()), *(step.get("args") or ())]
    text = "\n".join(str(word) for word in words if word)
    return next((around.images.get(use, "") for use, form in _PROGRAMS.items() if form.search(text)), "")
