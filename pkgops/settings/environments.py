"""The items of ``pkgops.environments``, with positions for errors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pkgops.errors import UsageError
from pkgops.settings import checks, gates
from pkgops.settings.checks import HttpCheck, TaskCheck
from pkgops.settings.gates import GateSetting
from pkgops.settings.layers import Path, Tree
from pkgops.values import Value

KEY = ("pkgops", "environments")
KEYS = ("name", "namespace", "context", gates.KEY, "verify", "onFailure")
KEEP, ROLLBACK = "keep", "rollback"
NEXT = "list environments as {name: apps-dev, namespace: apps-dev}; the first is where delivery starts"


class EnvironmentSetting(Value, kw_only=True):
    """An environment of the delivery.

    Attributes:
        name: its name.
        namespace: its namespace.
        context: the cluster; empty for the target cluster itself.
        gates: the gates of its changes, in addition to those of every environment.
        checks: the checks of a verification.
        on_failure: what ``promote --verify`` does where a check fails: ``keep`` or ``rollback``.
    """

    name: str
    namespace: str
    context: str = ""
    gates: tuple[GateSetting, ...] = ()
    checks: tuple[HttpCheck | TaskCheck, ...] = ()
    on_failure: str = KEEP


def read(tree: Tree) -> tuple[EnvironmentSetting, ...]:
    """Return the environments in their order; the first is where delivery starts.

    Raises:
        UsageError: none, one without a name, a name twice, or a key or value that is not known.
    """
    items = tree.get(".".join(KEY)) or []
    environments = tuple(_read(item, (*KEY, str(index)), tree) for index, item in enumerate(items))
    names = [environment.name for environment in environments]
    if not environments or len(set(names)) != len(names):
        problem = "a name is used twice" if environments else "there is none"
        raise bad(str(tree.place(KEY)), problem)
    return environments


def _read(item: Any, path: Path, tree: Tree) -> EnvironmentSetting:
    place = str(tree.place(path))
    if isinstance(item, str):
        return EnvironmentSetting(name=item, namespace=item)
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
        checks=checks.read(item.get("verify") or [], (*path, "verify"), lambda place: str(tree.place(place))),
        on_failure=_on_failure(item, path, tree),
    )


def _on_failure(item: Mapping[str, Any], path: Path, tree: Tree) -> str:
    wanted = str(item.get("onFailure") or KEEP)
    if wanted not in (KEEP, ROLLBACK):
        where = str(tree.place((*path, "onFailure")))
        raise bad(where, f"onFailure is {KEEP} or {ROLLBACK}, not {wanted!r}", "correct it at this place")
    return wanted


def bad(place: str, problem: str, next: str = NEXT) -> UsageError:
    """Return the error of an environment that is not valid."""
    return UsageError(f"{place}: pkgops.environments: {problem}", next=next, slug="bad-environments")
