"""Source revisions and images in objects: they link a stage to a commit."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from pkgops.model import ImageRef
from pkgops.model.revision import commit_of
from pkgops.pipeline import kinds, runs
from pkgops.pipeline.object_store import Obj, ObjectStore
from pkgops.readiness.base import meta, spec, status

REVISION = re.compile(r"(?:[\w./-]+@)?sha1:[0-9a-f]{40}")
OLD_REVISION = re.compile(r"[\w.-]+(?:/[\w.-]+)*/[0-9a-f]{40}")
"""Flux before 0.35 wrote ``branch/hex``; only a whole value counts, as URLs have the same form."""
SHORTEST = 40
"""A revision is at least as long as a commit."""
PROJECT_LABEL = "io.buildpacks.project.metadata"
"""The label with the source that the buildpacks of an image got, as JSON by type."""
REVISION_LABEL = "org.opencontainers.image.revision"
IMAGE = re.compile(r"[\w.-]+(?::\d+)?/[\w./-]+(?::[\w.-]+)?@sha256:[0-9a-f]{64}")


def strings(value: Any) -> Iterator[str]:
    """All string values inside of a JSON value, in their order."""
    # A stack and no nested generators: each string would pass through all levels above it.
    left = [value]
    while left:
        item = left.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, dict):
            left.extend(reversed(item.values()))
        elif isinstance(item, list):
            left.extend(reversed(item))


def sha(revision: str) -> str:
    """The bare commit of a revision; the text itself where it has none."""
    return commit_of(revision) or revision


def same(left: str, right: str) -> bool:
    """Whether two revisions name the same commit; a short form matches any commit that begins with it."""
    one, two = sha(left), sha(right)
    return bool(one and two) and (one.startswith(two) or two.startswith(one))


def carried(value: Any) -> str:
    """The source revision in a spec: a revision, else the commit inside of a URL; empty where it has none."""
    plain = ""
    for text in strings(value):
        if len(text) < SHORTEST:
            continue
        revision = REVISION.search(text) if "sha1:" in text else None
        if revision:
            return revision.group(0)
        if OLD_REVISION.fullmatch(text):
            return text
        plain = plain or commit_of(text)
    return plain


def images(value: Any) -> tuple[str, ...]:
    """All digest references inside of a JSON value, in order, each once."""
    texts = (text for text in strings(value) if "@sha256:" in text)
    # Word by word: on a whole manifest the expression would try every position.
    words = (word for text in texts for word in text.split() if "@sha256:" in word)
    references = [match for word in words for match in IMAGE.findall(word)]
    return tuple(dict.fromkeys(references))


def inputs_of(obj: Obj) -> Any:
    """The part of a stamped object that has its inputs: the data of a ConfigMap, else the spec."""
    return obj.get("data") if "data" in obj else spec(obj)


def digest(image: str) -> str:
    """The digest of a reference; empty for a tag."""
    return ImageRef.parse(image).digest


def labelled(labels: Mapping[str, str]) -> str:
    """The source revision in the labels of an image from buildpacks; empty where they have none."""
    if labels.get(REVISION_LABEL):
        return str(labels[REVISION_LABEL])
    try:
        source = json.loads(labels.get(PROJECT_LABEL) or "{}")["source"]
        commit = str((source.get("version") or {}).get("commit") or "")
        # The source of a build by Flux is an archive, with the commit in its name.
        return commit or carried(source.get("metadata") or {})
    except (ValueError, KeyError, TypeError, AttributeError):
        return ""


def origins(store: ObjectStore, namespace: str) -> dict[str, str]:
    """Digest of every image built in a namespace, with the source revision it was built from."""
    return store.memo(("origins", namespace), lambda: _origins(store, namespace))


def _build_order(build: dict[str, Any]) -> tuple[str, int]:
    return str(meta(build).get("creationTimestamp") or ""), runs.build_number(build)


def _origins(store: ObjectStore, namespace: str) -> dict[str, str]:
    by_digest = {}
    builds = store.all(kinds.BUILD.group, kinds.BUILD.kind, namespace)
    # Two commits may result in the same image; the newest Build's commit counts.
    for build in sorted(builds, key=_build_order):
        image = str(status(build).get("latestImage") or "")
        if image:
            by_digest[digest(image)] = carried(spec(build))
    return by_digest
