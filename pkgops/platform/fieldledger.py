"""What the local platform makes of each field of the real systems' definitions.

The lists are the ``fields.yaml`` of the groups; an annotation or label is a field as
``metadata.annotations[KEY]``. A field is *acted on*, *harmless* to leave, or *refused*: then admission or the
object's conditions say so; or it is *refused there too*, in the real system's words. A harmless one that a
person would not expect is reported at admission (*warned*).
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
    """One field, with all that is below it.

    Attributes:
        path: its path; ``[]`` stands for every item of a list, ``[KEY]`` for a key of a map, ``[START*]`` for
            every key that starts so and is not listed itself.
        verdict: one of `VERDICTS`.
        reason: why it may be left, or is refused.
        unless: values with which it means what the platform does anyway.
    """

    path: str
    verdict: str
    reason: str = ""
    unless: tuple[str, ...] = ()

    def is_set(self, obj: Obj) -> bool:
        """Tell whether an object has the field.

        Of empty values a map counts, as a pointer in Go, and that of an annotation or label.
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
        api_version: the kind's group and version; empty for what is no kind (flags).
        resource: its plural name; empty where admission is not asked.
        fields: the fields, in the order of the list.
    """

    api_version: str
    resource: str
    fields: tuple[Field, ...]

    def with_verdict(self, verdict: str) -> list[Field]:
        """Return the fields of one verdict."""
        return [field for field in self.fields if field.verdict == verdict]


def parts_of(path: str) -> list[str]:
    """Return the names along a path; one of a list ends with ``[]``."""
    parts: list[str] = []
    for match in _PART.finditer(path):
        name, key = match["name"], match["key"]
        parts += [name, key] if key else [name if key is None else f"{name}{LIST}"]
    return parts


@cache
def fields_of(group: str) -> Mapping[str, KindFields]:
    """Return the lists of a group of the platform, by kind; a group may have none."""
    path = Path(__file__).parent / group / "fields.yaml"
    if not path.is_file():
        return {}
    return {kind: _kind(entry) for kind, entry in yaml.parse(path.read_text(), str(path)).items()}


def refusal(group: str, obj: Obj) -> str:
    """Return why an object's fields are refused, each by its path; empty if none is."""
    fields_set = _set_fields(group, obj, "refused")
    return "; ".join(
        f"{field.path} is not part of the local platform: {field.reason}" for field in fields_set
    )


def warnings(group: str, obj: Obj) -> list[str]:
    """Return the warnings at admission about fields that have no effect."""
    fields_set = _set_fields(group, obj, "warned")
    return [f"{field.path} has no effect on the local platform: {field.reason}" for field in fields_set]


def _set_fields(group: str, obj: Obj, verdict: str) -> list[Field]:
    kind = fields_of(group).get(obj["kind"])
    return [field for field in kind.with_verdict(verdict) if field.is_set(obj)] if kind else []


def _kind(entry: dict[str, Any]) -> KindFields:
    acted = [Field(path, "acted on") for path in entry["acted on"]]
    others = [
        Field(path, verdict, **(said if isinstance(said, dict) else {"reason": said}))
        for verdict in VERDICTS[1:]
        for path, said in (entry.get(verdict) or {}).items()
    ]
    fields = (
        *acted,
        *(Field(one.path, one.verdict, one.reason, tuple(one.unless)) for one in others),
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
    for one in (below or []) if items else [below]:
        yield from _values(one, parts[1:])
