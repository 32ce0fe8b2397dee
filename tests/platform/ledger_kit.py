"""What the tests of the lists of fields share: the real definitions, and an object with one field set."""

from __future__ import annotations

import copy
from pathlib import Path

from pkgops import yamlio
from pkgops.kube import Obj
from pkgops.platform import fieldledger
from pkgops.platform.crds import CrdFile
from pkgops.platform.fieldledger import LIST, Field, fields_of, parts_of

DEFINITIONS = Path(__file__).parents[1] / "data" / "definitions"
PLATFORM = Path(fieldledger.__file__).parent
GROUPS = ("flux", "carvel", "kpack")
KINDS = [(group, kind) for group in GROUPS for kind in fields_of(group)]


def defined_kinds(group: str) -> dict[str, list[str]]:
    """Return the fields of the real definitions of a group, by kind."""
    path = DEFINITIONS / f"{group}.yaml"
    return dict(yamlio.parse(path.read_text(), str(path)))


def defined(group: str, kind: str) -> list[str]:
    """Return the fields of one real definition."""
    return defined_kinds(group)[kind]


def served(group: str) -> dict[str, Obj]:
    """Return the definitions that the platform installs for a group, by kind."""
    return {one["spec"]["names"]["kind"]: one for one in CrdFile.of(group).documents()}


def lies_in(path: str, place: str) -> bool:
    """Tell whether a field is a listed one, or lies below it."""
    return path == place or path.removesuffix(LIST) == place or path.startswith((f"{place}.", f"{place}[]."))


def fields(group: str, kind: str, verdict: str) -> list[Field]:
    """Return the fields of a kind with one verdict."""
    return fields_of(group)[kind].with_verdict(verdict)


def with_verdict(group: str, verdict: str) -> list[tuple[str, Field]]:
    """Return the fields of a group with one verdict, each with its kind."""
    return [(kind, field) for kind in fields_of(group) for field in fields(group, kind, verdict)]


def sample(group: str, kind: str, field: Field, base: Obj | None = None) -> Obj:
    """Return an object with every field that lies below a listed one."""
    obj = copy.deepcopy(base) if base else {"kind": kind, "metadata": {"name": "a"}, "spec": {}}
    for path in defined(group, kind):
        if lies_in(path, field.path):
            _put(obj, parts_of(path))
    return obj


def _put(value: Obj, parts: list[str]) -> None:
    name, items = parts[0].removesuffix(LIST), parts[0].endswith(LIST)
    if len(parts) == 1:
        value[name] = ["x"] if items else "x"
    elif items:
        _put(value.setdefault(name, [{}])[0], parts[1:])
    else:
        _put(value.setdefault(name, {}), parts[1:])
