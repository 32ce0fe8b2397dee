"""Objects and command lines as people write them, in ``tests/data``: read with their words put in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pkgops.formats import yaml

Obj = dict[str, Any]
DATA = Path(__file__).parent.parent / "data"
PLATFORM, YTT = DATA / "cases" / "platform", DATA / "ytt-cases"


def documents(case: str, **words: str) -> list[Obj]:
    """Return the objects of a file such as ``12/in.yaml.tpl``, with its words (``IMG``, ``REG``) replaced."""
    text = (PLATFORM / case).read_text()
    for word, value in words.items():
        text = text.replace(word, value)
    return [obj for obj in yaml.parse_all(text, case) if obj]


def named(obj: Obj) -> str:
    """Return ``Kind/name`` of an object."""
    return f"{obj['kind']}/{obj['metadata']['name']}"


SLIPS = {
    "GitRepository/short-commit": "4d14b0eb",
    "GitRepository/commit-of-tag-object": "ZZZZ",
    "ImageRepository/with-scheme": "https://",
    "ImageRepository/with-tag": "tag",
    "ImageRepository/upper": "Web",
    "ImageRepository/bad-exclusion": "failed to compile regex (unclosed",
    "ImagePolicy/two-policies": "no tags in database",
    "Image/kp-badtag": "Upper",
    "Image/kp-nobuilder": "base",
    "Image/kp-nosa": "nobody",
    "Image/kp-badenv": "quantit",
    "Image/kp-badcache": "quantit",
    "Image/kp-norev": "nobranch",
    "TaskRun/tr-volume": "nope",
    "TaskRun/tr-nocommand": "Bad_Name",
    "TaskRun/tr-noimage": "spec.taskSpec.steps[0].Image",
    "TaskRun/tr-resource": "quantit",
    # The image of both is not there; what becomes of their probes is for the unit tests.
    "Service/kn-live": "t10/web",
    "Service/kn-start": "t10/web",
    "Service/kn-mount": "volumeMounts[0].name",
    "Service/kn-res": "limits.memory",
    "Service/kn-sa": "nobody",
    "Service/kn-badimage": "Web",
    "Service/kn-traffic": "nope",
    "PackageRepository/pr-git": "packages/",
    "PackageRepository/pr-upper": "Web",
    "PackageRepository/pr-range": "t13/bun",
    "PackageInstall/pi-range": "thing.example.com",
    "App/app-sops": "sops",
    "App/app-helm": "helm",
    "App/app-period": "syncPeriod",
    "App/app-list": "list",
    "App/app-nonyaml": "a.yml",
    "Runnable/ru-none": "nope",
    # What it makes has no spec, so that it is refused, and the two Runnables wait for it.
    "ClusterRunTemplate/t17-bad": "object must have a spec",
    "Runnable/ru-badname": "-bad",
    "Runnable/ru-noinput": "-bad",
}
"""Of each object with a slip, a word that a condition, an event or the refusal must have."""
