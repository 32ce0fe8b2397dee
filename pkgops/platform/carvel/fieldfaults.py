"""What is wrong with fields, as Kubernetes' API machinery words it (``field.ErrorList``). Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from pkgops.kube import Obj


@dataclass(frozen=True, slots=True)
class Fault:
    """One rule that is broken.

    Attributes:
        field: the path of the field.
        type: what Kubernetes calls the rule's kind, as ``FieldValueInvalid``.
        body: what is wrong, without the path.
    """

    field: str
    type: str
    body: str

    def __str__(self) -> str:
        return f"{self.field}: {self.body}"


def required(field: str, detail: str = "") -> Fault:
    """Return the fault of a field that has to be set."""
    return Fault(field, "FieldValueRequired", f"Required value{': ' if detail else ''}{detail}")


def invalid(field: str, value: str, detail: str) -> Fault:
    """Return the fault of a text that the field cannot have."""
    return Fault(
        field, "FieldValueInvalid", f"Invalid value: {json.dumps(value, ensure_ascii=False)}: {detail}"
    )


def told(faults: Sequence[Fault]) -> str:
    """Return all faults in one text; what two say in the same words is said once."""
    texts = list(dict.fromkeys(str(fault) for fault in faults))
    return texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"


def status(name: str, faults: Sequence[Fault]) -> Obj:
    """Return the status with which an API server of its own refuses an object.

    It names no kind: while kapp-controller checks an object it does not know it.
    """
    causes = [{"reason": one.type, "message": one.body, "field": one.field} for one in faults]
    return {
        "status": "Failure",
        "code": 422,
        "reason": "Invalid",
        "message": f" {json.dumps(name)} is invalid: {told(faults)}",
        "details": {"name": name, "causes": causes},
    }
