"""Render a template into the object to apply. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import deepcopy
from functools import lru_cache
from typing import Any

from pkgops import ytt
from pkgops.errors import PkgopsError
from pkgops.formats import yaml
from pkgops.kube import Obj
from pkgops.platform.carto.interpolate import InterpolationError, interpolate
from pkgops.platform.carto.template import Template
from pkgops.platform.carto.typed import plain
from pkgops.platform.owners import owner_reference

KEPT = 256
"""The results of templates that are kept: those of some thirty workloads."""


class StampError(ValueError):
    """A template cannot be rendered; the text is the last part of the condition's message."""


def render(template: Template, context: Obj, owner: Obj, labels: Mapping[str, str]) -> Obj:
    """Return the stamped object of a template of a blueprint.

    Raises:
        StampError: a tag has no value, ytt fails, or the template sets another namespace than the owner's.
    """
    has_template, has_ytt = bool(template.spec.get("template")), bool(template.spec.get("ytt"))
    if has_template == has_ytt:
        raise StampError("unknown resource template type, expected either template or ytt")
    if has_ytt:
        rendered = _ytt(str(template.spec["ytt"]), context)
    else:
        rendered = _fill(template.spec["template"], context)
    return finish(rendered, owner, labels)


def render_run(run_template: Obj, context: Obj, owner: Obj, labels: Mapping[str, str]) -> Obj:
    """Return the stamped object of a ClusterRunTemplate.

    Raises:
        StampError: as :func:`render`.
    """
    return finish(_fill((run_template.get("spec") or {}).get("template") or {}, context), owner, labels)


def finish(rendered: Obj, owner: Obj, labels: Mapping[str, str]) -> Obj:
    """Return a rendered object with its namespace, owner reference and labels.

    Raises:
        StampError: the rendered object has another namespace than the owner's.
    """
    stamped = deepcopy(rendered)
    meta = stamped["metadata"] = _map(stamped.get("metadata"), "metadata")
    namespace = owner["metadata"]["namespace"]
    if (meta.get("namespace") or namespace) != namespace:
        raise StampError("cannot set namespace in resource template")
    meta["namespace"] = namespace
    meta["ownerReferences"] = [owner_reference(owner)]
    meta["labels"] = {**_map(meta.get("labels"), "metadata.labels"), **labels}
    return stamped


def _map(value: Any, where: str) -> Obj:
    if value is None or isinstance(value, dict):
        return dict(value or {})
    raise StampError(f"{where} of the rendered object is not a map")


def _fill(template: Obj, context: Obj) -> Obj:
    try:
        filled = interpolate(template, context)
    except InterpolationError as error:
        raise StampError(str(error)) from None
    return dict(filled)


def _ytt(text: str, context: Obj) -> Obj:
    values = {name: plain(value) for name, value in context.items()}
    return dict(json.loads(_rendered(text, json.dumps(values))))


@lru_cache(maxsize=KEPT)
def _rendered(text: str, values: str) -> str:
    """The object of a ytt template as JSON. The same input always gives the same: ytt has no clock.

    An owner renders all of its templates whenever one of its objects changes, mostly with the same values.
    """
    try:
        documents = yaml.parse_all(ytt.render_text(text, json.loads(values)), "stdin.yml")
    except ytt.YttError as error:
        # The error message of the ytt program, which upstream reads from its stderr.
        text = error.as_program().rstrip("\n")
        raise StampError(f"unable to apply ytt template: {text}\n") from None
    except PkgopsError as error:
        raise StampError(f"unable to apply ytt template: {error.why or error.what}") from None
    return _one_object([document for document in documents if document is not None])


def _one_object(documents: list[Any]) -> str:
    if len(documents) == 1 and isinstance(documents[0], dict):
        # As JSON: `yes:` is the key "true", and a date is a string.
        return json.dumps(documents[0], default=str)
    found = f"{len(documents)} documents" if len(documents) != 1 else "something else"
    raise StampError(f"unable to apply ytt template: expected one object, found {found}")
