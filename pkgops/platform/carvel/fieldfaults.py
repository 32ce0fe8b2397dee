"""Validation errors of fields with the messages of Kubernetes' API machinery (``field.ErrorList``). Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from pkgops.kube import Obj


@dataclass(frozen=True, slots=True)
class Fault:
    """One validation error (``field.Error``).

    Attributes:
        field: the path of the field.
        type: Kubernetes' type of the error, such as ``FieldValueInvalid``.
        body: the message without the path.
    """

    field: str
    type: str
    body: str

    def __str__(self) -> str:
        return f"{self.field}: {self.body}"


def required(field: str, detail: str = "") -> Fault:
    """Return the error of a required field that is not set."""
    return Fault(field, "FieldValueRequired", f"Required value{': ' if detail else ''}{detail}")


def invalid(field: str, value: str, detail: str) -> Fault:
    """Return the error of a value that is not valid."""
    return Fault(
        field, "FieldValueInvalid", f"Invalid value: {json.dumps(value, ensure_ascii=False)}: {detail}"
    )


def aggregate(faults: Sequence[Fault]) -> str:
    """Return the message of all errors, without duplicates (``ErrorList.ToAggregate``)."""
    texts = list(dict.fromkeys(str(fault) for fault in faults))
    return texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"


def status(name: str, faults: Sequence[Fault]) -> Obj:
    """Return the Status with which kapp-controller's API server refuses an object.

    It has no kind, since that API server validates objects without it.
    """
    causes = [{"reason": fault.type, "message": fault.body, "field": fault.field} for fault in faults]
    return {
        "status": "Failure",
        "code": 422,
        "reason": "Invalid",
        "message": f" {json.dumps(name)} is invalid: {aggregate(faults)}",
        "details": {"name": name, "causes": causes},
    }
