"""The items of ``pkgops.environments``, each with the place of what is wrong in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pkgops.errors import UsageError
from pkgops.settings import gates
from pkgops.settings.gates import GateSetting
from pkgops.settings.layers import Path, Tree
from pkgops.values import Value

KEY = ("pkgops", "environments")
KEYS = ("name", "namespace", "context", gates.KEY)
NEXT = "list environments as {name: apps-dev, namespace: apps-dev}; the first is where delivery starts"


class EnvironmentSetting(Value):
    """An environment of the delivery.

    Attributes:
        name: its name.
        namespace: where it is.
        context: the cluster; empty for the target cluster itself.
        gates: what a change of it must pass, besides what each one must.
    """

    name: str
    namespace: str
    context: str = ""
    gates: tuple[GateSetting, ...] = ()


def read(tree: Tree) -> tuple[EnvironmentSetting, ...]:
    """Return the environments in their order; the first is where delivery starts.

    Raises:
        UsageError: none, one without a name, a name twice, or a key that is not known.
    """
    items = tree.get(".".join(KEY)) or []
    found = tuple(_read(item, (*KEY, str(index)), tree) for index, item in enumerate(items))
    names = [environment.name for environment in found]
    if not found or len(set(names)) != len(names):
        problem = "a name is there twice" if found else "there is none"
        raise bad(str(tree.place(KEY)), problem)
    return found


def _read(item: Any, path: Path, tree: Tree) -> EnvironmentSetting:
    place = str(tree.place(path))
    if isinstance(item, str):
        return EnvironmentSetting(item, item)
    if not isinstance(item, Mapping) or not item.get("name"):
        raise bad(place, f"{item!r} has no name")
    unknown = [key for key in item if key not in KEYS]
    if unknown:
        where = str(tree.place((*path, unknown[0])))
        raise bad(where, f"an environment has {', '.join(KEYS)}, not {unknown[0]}")
    name = str(item["name"])
    return EnvironmentSetting(
        name=name,
        namespace=str(item.get("namespace") or name),
        context=str(item.get("context") or ""),
        gates=tuple(gates.read(item.get(gates.KEY) or [], (*path, gates.KEY), tree)),
    )


def bad(place: str, problem: str) -> UsageError:
    """Return the error of an environment that makes no sense."""
    return UsageError(f"{place}: pkgops.environments: {problem}", next=NEXT, slug="bad-environments")
