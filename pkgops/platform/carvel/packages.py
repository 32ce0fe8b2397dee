"""The content of a package repository: the Packages and PackageMetadatas to apply. Pure."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable
from typing import Any

from pkgops.kapp import KappError
from pkgops.kapp.configrules import API_VERSION as KAPP_API
from pkgops.kapp.identity import NOOP
from pkgops.kube import Obj
from pkgops.platform.carvel.objects import DATA_API

KINDS = ("Package", "PackageMetadata")
REPOSITORY = "packaging.carvel.dev/package-repository-ref"
REVISION = "packaging.carvel.dev/revision"
OVERLAY = "keep-identical-packages"
_OWN_ANNOTATIONS = frozenset(
    {
        "kapp.k14s.io/disable-original",
        "kapp.k14s.io/disable-wait",
        "kapp.k14s.io/create-strategy",
        "kapp.k14s.io/identity",
        REPOSITORY,
    }
)
_OWN_LABELS = frozenset({"kapp.k14s.io/app", "kapp.k14s.io/association"})


def published(documents: Iterable[Any], repository: str) -> list[Obj]:
    """Return the packages among documents, annotated with their repository (``namespace/name``)."""
    packages = [doc for doc in documents if isinstance(doc, dict) and _is_package(doc)]
    return [_annotated(doc, repository) for doc in packages]


def rebase_config() -> Obj:
    """Return kapp's configuration with which two repositories may contain the same package."""
    matchers = [{"apiVersionKindMatcher": {"apiVersion": DATA_API, "kind": kind}} for kind in KINDS]
    rule = {"ytt": {"overlayContractV1": {"overlay.yml": OVERLAY}}, "resourceMatchers": matchers}
    return {"apiVersion": KAPP_API, "kind": "Config", "rebaseRules": [rule]}


def keep_identical(overlay: str, current: Obj, new: Obj, existing: Obj) -> Obj:
    """Return the package to apply: a no-op where another repository's is identical, or a newer revision.

    Raises:
        KappError: another repository has a different package of this name.
    """
    if overlay != OVERLAY:
        raise KappError("unknown overlay")
    owner = _annotations(existing).get(REPOSITORY, _annotations(new).get(REPOSITORY))
    if owner == _annotations(new).get(REPOSITORY):
        return current
    difference = _difference(existing, new)
    if not difference or _revision(existing) > _revision(new):
        result = copy.deepcopy(current)
        result["metadata"].setdefault("annotations", {})[NOOP] = ""
        return result
    if _revision(existing) < _revision(new):
        return current
    which = f"{existing['kind']}/{existing['metadata']['name']}"
    raise KappError(
        f"Error: Conflicting resources: {which} is already present but not identical ({difference})"
    )


def _is_package(document: Obj) -> bool:
    return document.get("apiVersion") == DATA_API and document.get("kind") in KINDS


def _annotated(document: Obj, repository: str) -> Obj:
    result = copy.deepcopy(document)
    meta = result.setdefault("metadata", {})
    meta.pop("namespace", None)
    meta["annotations"] = {
        **(meta.get("annotations") or {}),
        "kapp.k14s.io/disable-original": "",
        "kapp.k14s.io/disable-wait": "",
        "kapp.k14s.io/create-strategy": "fallback-on-update-or-noop",
        REPOSITORY: repository,
    }
    return result


def _difference(existing: Obj, new: Obj) -> str:
    before, after = existing.get("spec") or {}, new.get("spec") or {}
    if json.dumps(before, sort_keys=True) != json.dumps(after, sort_keys=True):
        for key in after:
            if key not in before:
                return f"adding spec.{key}"
        for key in before:
            if key not in after:
                return f"missing spec.{key}"
            if before[key] != after[key]:
                return f"mismatch in spec.{key}"
    if _without(_labels(existing), _OWN_LABELS) != _without(_labels(new), _OWN_LABELS):
        return "mismatch in metadata.labels"
    same = _without(_annotations(existing), _OWN_ANNOTATIONS) == _without(_annotations(new), _OWN_ANNOTATIONS)
    return "" if same else "mismatch in metadata.annotations"


def _without(pairs: dict[str, str], keys: frozenset[str]) -> dict[str, str]:
    return {key: value for key, value in pairs.items() if key not in keys}


def _labels(obj: Obj) -> dict[str, str]:
    return dict(obj["metadata"].get("labels") or {})


def _annotations(obj: Obj) -> dict[str, str]:
    return dict(obj["metadata"].get("annotations") or {})


def _revision(obj: Obj) -> list[int]:
    text = _annotations(obj).get(REVISION, "")
    try:
        return [int(part) for part in text.split(".")] if text else [-1]
    except ValueError:
        return [-1]
