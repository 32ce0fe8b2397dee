"""Tekton's validation of references to objects, of duplicate names, and of ``when``. Pure.

Source: ``pkg/apis/pipeline/v1/container_validation.go``, ``taskrun_validation.go``, ``when_validation.go``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from pkgops.kube import Obj
from pkgops.platform.fielderrors import FieldError, disallowed, invalid, missing, qualified_faults
from pkgops.platform.tekton.references import quoted

OPERATORS = ("in", "notin")


def ref_errors(ref: Obj) -> list[FieldError]:
    """Return the errors of a reference to a Task, StepAction or Pipeline."""
    name, resolver = str(ref.get("name") or ""), str(ref.get("resolver") or "")
    params = ref.get("params")
    url = re.search(r"[\w-]+://*", name)
    concise = FieldError(
        "feature flag enable-concise-resolver-syntax should be set to true to use concise resolver syntax",
        ("",),
    )
    # A field of v1beta1; if it were ignored, a Task of the same name would run instead of the bundle's.
    errors = [disallowed("bundle")] if ref.get("bundle") else []
    if resolver or params is not None:
        if params is not None and name:
            errors.append(FieldError("expected exactly one, got both", ("name", "params")))
        if params is not None and not resolver:
            errors.append(missing("resolver"))
        errors += duplicate_params(params or [])
        if resolver and name:
            errors.append(concise if url else invalid("invalid URI for request", "name"))
        return errors
    if not name:
        return [*errors, missing("name")]
    if url:
        return [*errors, concise, missing("resolver")]
    part = name.rpartition("/")[2]
    faults = qualified_faults(part, "bytes")
    return [*errors, *([invalid(",".join(faults), "name")] if faults else [])]


def duplicate_params(params: Iterable[Obj]) -> list[FieldError]:
    """Return an error for each parameter whose name, ignoring case, was used before."""
    return [
        error.below(f"[{name}]")
        for _, name, error in _duplicates(str(entry.get("name") or "") for entry in params)
    ]


def duplicate_names(names: Iterable[str]) -> list[FieldError]:
    """Return an error, with the index as path, for each name that, ignoring case, was used before."""
    return [error.below(f"[{index}]") for index, _, error in _duplicates(names)]


def _duplicates(names: Iterable[str]) -> list[tuple[int, str, FieldError]]:
    seen: set[str] = set()
    duplicates = []
    for index, name in enumerate(names):
        if name.lower() in seen:
            duplicates.append((index, name, FieldError("expected exactly one, got both", ("name",))))
        seen.add(name.lower())
    return duplicates


def when_errors(expressions: Iterable[Obj]) -> list[FieldError]:
    """Return the errors of ``when``; paths start at it."""
    errors: list[FieldError] = []
    for index, entry in enumerate(expressions):
        place, operator = f"when[{index}]", str(entry.get("operator") or "")
        if entry.get("cel"):
            flag = "feature flag enable-cel-in-whenexpression should be set to true to use CEL"
            errors.append(FieldError(f"{flag}: {entry['cel']} in WhenExpression", (place,)))
        elif not entry:
            errors.append(missing(place))
        elif operator not in OPERATORS:
            text = f"operator {quoted(operator)} is not recognized. valid operators: {','.join(OPERATORS)}"
            errors.append(invalid(text, place))
        elif not entry.get("values"):
            errors.append(invalid("expecting non-empty values field", place))
    return errors
