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
    """Return the current resource as an overlay leaves it; nothing that is given is changed.

    The overlay sees ``data.values.new`` (as the input has it), ``data.values.existing`` (as the cluster has
    it) and ``data.values._current`` (as the rules before left it).

    Raises:
        KappError: the overlay fails, or leaves no resource, or several.
    """
    values = copy.deepcopy({"new": new, "existing": existing, "_current": current})
    files = [
        # JSON is YAML that no reader takes for anything else.
        InputFile(path=_RESOURCE, content=json.dumps(current, ensure_ascii=False)),
        InputFile(path=_OVERLAY, content=overlay),
    ]
    try:
        made = evaluate(files, DataValues(values=values)).files
    except YttError as error:
        raise KappError(f"{_CONTRACT}: Evaluating: {error.text}") from error
    if not made:
        raise KappError(f"{_CONTRACT}: Expected to find {_RESOURCE} but saw zero files")
    path, documents = made[0]
    if path != _RESOURCE:
        raise KappError(f"{_CONTRACT}: Expected {_RESOURCE} but was: {path}")
    found: list[Any] = [to_plain(one.value) for one in documents.items if not one.is_empty()]
    if len(found) != 1 or not isinstance(found[0], dict):
        raise KappError(f"{_CONTRACT}: Expected one resource to be returned from ytt, but was {len(found)}")
    return dict(found[0])
