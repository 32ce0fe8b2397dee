"""Decoding errors of Tekton's webhook: a field whose value has another type than the field. Pure.

Source: Go's ``encoding/json``, which returns the first error.
"""

from __future__ import annotations

from pkgops.kube import Obj
from pkgops.platform.godecoding import check_value
from pkgops.platform.tekton.structs import SPECS


def check(obj: Obj) -> None:
    """Check that an object can be decoded.

    Raises:
        ValueError: a field has a value of another type; the text is Go's message.
    """
    spec = SPECS.get(obj["kind"])
    if spec is None or obj.get("spec") is None:
        return
    package = str(obj.get("apiVersion") or "").rpartition("/")[2] or "v1"
    # A StepAction's parameters are those of v1 in all its versions.
    package = "v1" if obj["kind"] == "StepAction" else package
    check_value(obj["spec"], spec, obj["kind"], "spec", package)
