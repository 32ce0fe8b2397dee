"""Rebase rules that are ytt overlays (``overlayContractV1``), applied by the built-in ytt as kapp does."""

from __future__ import annotations

import copy
import json
from typing import Any

from pkgops.kapp import KappError
from pkgops.kube import Obj
from pkgops.ytt import DataValues, InputFile, YttError, evaluate
from pkgops.ytt.tree.convert import to_plain

_RESOURCE, _OVERLAY = "resource.yml", "overlay.yml"
_CONTRACT = "Applying ytt (overlayContractV1)"


def apply_overlay(overlay: str, current: Obj, new: Obj, existing: Obj) -> Obj:
    """Return the current resource with an overlay applied; the arguments are not modified.

    The overlay reads ``data.values.new`` (the resource of the input), ``data.values.existing`` (that of the
    cluster) and ``data.values._current`` (the result of the rules before).

    Raises:
        KappError: the overlay fails, or does not return exactly one resource.
    """
    values = copy.deepcopy({"new": new, "existing": existing, "_current": current})
    files = [
        # JSON is YAML without ambiguous scalars.
        InputFile(path=_RESOURCE, content=json.dumps(current, ensure_ascii=False)),
        InputFile(path=_OVERLAY, content=overlay),
    ]
    try:
        files_made = evaluate(files, DataValues(values=values)).files
    except YttError as error:
        raise KappError(f"{_CONTRACT}: Evaluating: {error.text}") from error
    if not files_made:
        raise KappError(f"{_CONTRACT}: Expected to find {_RESOURCE} but saw zero files")
    path, documents = files_made[0]
    if path != _RESOURCE:
        raise KappError(f"{_CONTRACT}: Expected {_RESOURCE} but was: {path}")
    resources: list[Any] = [
        to_plain(document.value) for document in documents.items if not document.is_empty()
    ]
    if len(resources) != 1 or not isinstance(resources[0], dict):
        raise KappError(
            f"{_CONTRACT}: Expected one resource to be returned from ytt, but was {len(resources)}"
        )
    return dict(resources[0])
