"""How the local platform supports each field of the real systems' definitions.

The lists are the ``fields.yaml`` of the groups; an annotation or label is the field
``metadata.annotations[KEY]``. A field is *acted on*; *harmless* to ignore; *refused*, at admission or in the
object's conditions; or *refused there too*, with the real system's message. A harmless field of which users
would expect an effect causes a warning at admission (*warned*).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pkgops.formats import yaml
from pkgops.kube import Obj

VERDICTS = ("acted on", "harmless", "warned", "refused", "refused there too")
LIST = "[]"
_PART = re.compile(r"(?P<name>[^.\[]+)(?:\[(?P<key>[^\]]*)\])?\.?")


@dataclass(frozen=True, slots=True)
class Field:
    """One field, with all fields below it.

    Attributes:
        path: its path; ``[]`` means every item of a list, ``[KEY]`` a key of a map, ``[PREFIX*]``
            every key with the prefix that is not listed itself.
        verdict: one of `VERDICTS`.
        reason: why it is ignored or refused.
        unless: values that mean what the platform does without the field.
    """

    path: str
    verdict: str
    reason: str = ""
    unless: tuple[str, ...] = ()

    def is_set(self, obj: Obj) -> bool:
        """Return whether the field is set in an object.

        Empty values are not, except a map, which is a pointer in Go, and the value of an annotation or label.
        """
        is_key = self.path.endswith("]") and not self.path.endswith(LIST)
        return any(
            (value or isinstance(value, dict) or (is_key and value is not None)) and value not in self.unless
            for value in _values(obj, parts_of(self.path))
        )


@dataclass(frozen=True, slots=True)
class KindFields:
    """The fields of one kind.

    Attributes:
        api_version: the kind's group and version; empty for other lists (flags).
        resource: its plural name; empty where it has no admission webhook.
        fields: the fields, in the order of the list.
    """

    api_version: str
    resource: str
    fields: tuple[Field, ...]

    def with_verdict(self, verdict: str) -> list[Field]:
        """Return the fields with a verdict."""
        return [field for field in self.fields if field.verdict == verdict]


def parts_of(path: str) -> list[str]:
    """Return the names of a path; that of a list ends with ``[]``."""
    parts: list[str] = []
    for match in _PART.finditer(path):
        name, key = match["name"], match["key"]
        parts += [name, key] if key else [name if key is None else f"{name}{LIST}"]
    return parts


@cache
def fields_of(group: str) -> Mapping[str, KindFields]:
    """Return the fields of a group of the platform, by kind; empty for a group without ``fields.yaml``."""
    path = Path(__file__).parent / group / "fields.yaml"
    if not path.is_file():
        return {}
    return {kind: _kind(entry) for kind, entry in yaml.parse(path.read_text(), str(path)).items()}


def refusal(group: str, obj: Obj) -> str:
    """Return the message for the refused fields of an object; empty if none is set."""
    fields_set = _set_fields(group, obj, "refused")
    return "; ".join(
        f"{field.path} is not part of the local platform: {field.reason}" for field in fields_set
    )


def warnings(group: str, obj: Obj) -> list[str]:
    """Return the admission warnings about fields of an object that have no effect."""
    fields_set = _set_fields(group, obj, "warned")
    return [f"{field.path} has no effect on the local platform: {field.reason}" for field in fields_set]


def _set_fields(group: str, obj: Obj, verdict: str) -> list[Field]:
    kind = fields_of(group).get(obj["kind"])
    return [field for field in kind.with_verdict(verdict) if field.is_set(obj)] if kind else []


def _kind(entry: dict[str, Any]) -> KindFields:
    acted = [Field(path, "acted on") for path in entry["acted on"]]
    others = [
        Field(path, verdict, **(value if isinstance(value, dict) else {"reason": value}))
        for verdict in VERDICTS[1:]
        for path, value in (entry.get(verdict) or {}).items()
    ]
    fields = (
        *acted,
        *(Field(field.path, field.verdict, field.reason, tuple(field.unless)) for field in others),
    )
    return KindFields(entry.get("apiVersion", ""), entry.get("resource", ""), fields)


def _values(value: Any, parts: list[str]) -> Iterator[Any]:
    if not parts:
        yield value
        return
    name, items = parts[0].removesuffix(LIST), parts[0].endswith(LIST)
    if name.endswith("*"):
        members = value if isinstance(value, dict) else {}
        yield from (members[key] for key in members if key.startswith(name.removesuffix("*")))
        return
    below = value.get(name) if isinstance(value, dict) else None
    for item in (below or []) if items else [below]:
        yield from _values(item, parts[1:])
