"""Tekton's validation of references to variables in texts. Pure.

Source: ``pkg/substitution/substitution.go``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator

from pkgops.kube import Obj
from pkgops.platform.fielderrors import FieldError

Check = Callable[[str, str, Collection[str]], list[FieldError]]
"""Returns the errors of a text, for a prefix (a regular expression) and names."""

_NAME = r".*?(?:\[\*\])?"
_INDEX = re.compile(r"\[([0-9])*\*?\]")


def unknown(text: str, prefix: str, names: Collection[str]) -> list[FieldError]:
    """Return the error of a text that references a variable that is not among ``names``."""
    errors, wrong = _variables(text, prefix)
    if wrong:
        return [FieldError(wrong, ("",))]
    if all(_INDEX.sub("", name) in names for name in errors):
        return []
    return [FieldError(f"non-existent variable in {quoted(text)}", ("",))]


def prohibited(text: str, prefix: str, names: Collection[str]) -> list[FieldError]:
    """Return the error of a text that references a variable of ``names`` without an index."""
    errors, wrong = _variables(text, prefix)
    if wrong:
        return [FieldError(wrong, ("",))]
    return _invalid_type(text) if _any(errors, names) else []


def prohibited_as_whole(text: str, prefix: str, names: Collection[str]) -> list[FieldError]:
    """Return the error of a text that references a whole array or object of ``names``."""
    return _invalid_type(text) if _any(_matched(text, prefix)[0], names) else []


def not_alone(text: str, prefix: str, names: Collection[str]) -> list[FieldError]:
    """Return the error of a text that references a variable of ``names`` and contains other text too."""
    errors, wrong = _variables(text, prefix)
    if wrong:
        return [FieldError(wrong, ("",))]
    first = _pattern(prefix).search(text)
    if not _any(errors, names) or (first and first[0] == text):
        return []
    return [FieldError(f"variable is not properly isolated in {quoted(text)}", ("",))]


def references(text: str, prefix: str) -> list[str]:
    """Return the references of a text to variables with a prefix, unchanged."""
    return [match[0] for match in _pattern(prefix).finditer(text)]


def quoted(text: str) -> str:
    """Return a text in double quotes, as formatted by Go's ``%q``."""
    return json.dumps(text, ensure_ascii=False)


def step_texts(step: Obj, *, mounts: tuple[str, str, str]) -> Iterator[tuple[str, str, bool]]:
    """Yield path and text of each field of a step that may contain references, and whether it is a list item.

    Args:
        step: the step.
        mounts: the names of the fields of a volume mount in messages, which differ between Tekton's rules.
    """
    for key in ("name", "image", "workingDir", "script"):
        yield key, str(step.get(key) or ""), False
    for key in ("command", "args"):
        for index, text in enumerate(step.get(key) or []):
            yield f"{key}[{index}]", str(text), True
    for entry in step.get("env") or []:
        yield f"env[{entry.get('name', '')}]", str(entry.get("value") or ""), False
    for index, mount in enumerate(step.get("volumeMounts") or []):
        for key, label in zip(("name", "mountPath", "subPath"), mounts, strict=True):
            yield f"volumeMount[{index}].{label}", str(mount.get(key) or ""), False


def _invalid_type(text: str) -> list[FieldError]:
    return [FieldError(f"variable type invalid in {quoted(text)}", ("",))]


def _any(variables: list[str], names: Collection[str]) -> bool:
    return any(name.removesuffix("[*]") in names for name in variables)


def _pattern(prefix: str) -> re.Pattern[str]:
    return re.compile(rf"""\$\({prefix}(?:\.({_NAME})|\["({_NAME})"\]|\['({_NAME})'\])\)""")


def _matched(text: str, prefix: str) -> tuple[list[str], list[bool]]:
    groups = [match.groups() for match in _pattern(prefix).finditer(text)]
    return [dot or double or single or "" for dot, double, single in groups], [
        bool(dot) for dot, _, _ in groups
    ]


def _variables(text: str, prefix: str) -> tuple[list[str], str]:
    names: list[str] = []
    for name, dotted in zip(*_matched(text, prefix), strict=True):
        if dotted and name.count(".") > 1:
            shown = (
                f'Invalid referencing of parameters in "{text}"! Only two dot-separated components after '
                f'the prefix "{prefix}" are allowed.'
            )
            return names, shown
        names.append(name.partition(".")[0] if dotted else name)
    return names, ""
