"""The configuration of one command: typed access to the merged values."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from pkgops.errors import UsageError
from pkgops.settings import environments, notify, workloads
from pkgops.settings.duration import parse_duration
from pkgops.settings.environments import EnvironmentSetting
from pkgops.settings.layers import Layer, Origin, Tree, leaves
from pkgops.settings.notify import NotifySetting
from pkgops.settings.schema import Schema
from pkgops.settings.workloads import Entry
from pkgops.values import Value, replace

SECRET_PATHS = frozenset({("registry", "password")})
DEFAULTS = 1
"""How many layers are below those of the user and of a cluster."""


class Settings(Value):
    """Layers of values, the lowest first, and their schema."""

    layers: tuple[Layer, ...]
    schema: Schema

    @cached_property
    def tree(self) -> Tree:
        """The merged values."""
        return Tree.merge([*self.layers])

    def with_defaults(self, values: Mapping[str, Any], origin: Origin) -> Settings:
        """Return settings with one more layer, above the defaults and below all of the user's.

        Keys that the templates' schema does not have are left out.
        """
        known = _known(values, self.schema) if self.schema.closed else values
        layer = Layer.of(known, origin)
        return replace(self, layers=(*self.layers[:DEFAULTS], layer, *self.layers[DEFAULTS:]))

    def with_overrides(self, values: Mapping[str, Any], origin: Origin) -> Settings:
        """Return settings with one more layer, above all others."""
        return replace(self, layers=(*self.layers, Layer.of(values, origin)))

    def text(self, dotted: str) -> str:
        """Return a value as text; empty where there is none."""
        value = self.tree.get(dotted)
        return "" if value is None else str(value)

    @cached_property
    def workloads(self) -> tuple[Entry, ...]:
        """The workloads that the configuration lists; none where it is about one.

        Raises:
            UsageError: the list is wrong.
        """
        entries = self.tree.get(workloads.KEY, [])
        places = (place for path, place in self.tree.origins.items() if path[0] == workloads.KEY)
        return workloads.entries(entries, next(places, Origin("default")), self.schema)

    def for_workload(self, name: str) -> Settings:
        """Return the settings of one of the workloads that are listed; unchanged for any other name."""
        entry = next((one for one in self.workloads if one.name == name), None)
        return self if entry is None else replace(self, layers=workloads.inserted(self.layers, entry))

    def required(self, dotted: str, why: str) -> str:
        """Return a value that must be set.

        Raises:
            UsageError: it is empty; names what it is needed for and how to set it.
        """
        value = self.text(dotted)
        if not value:
            raise UsageError(
                f"{dotted} is not set",
                why=why,
                next=f"set {dotted} in config.yaml (config.example.yaml has every key)",
                slug="value-missing",
            )
        return value

    @property
    def context(self) -> str:
        """The context of the target cluster; empty for the cluster on this machine."""
        return self.text("pkgops.context")

    @property
    def kubeconfig(self) -> Path | None:
        """The kubeconfig that has the contexts; None for the one that kubectl would read."""
        text = self.text("pkgops.kubeconfig")
        return Path(text).expanduser() if text else None

    @cached_property
    def environments(self) -> tuple[EnvironmentSetting, ...]:
        """The environments in their order; the first is where delivery starts.

        Raises:
            UsageError: none, one without a name, a name twice, or one that is not valid; with the position.
        """
        return environments.read(self.tree)

    @property
    def kept_releases(self) -> int:
        """How many records of releases are kept, of one workload in one environment.

        Raises:
            UsageError: not a whole number above zero.
        """
        dotted = "pkgops.releases.keep"
        count = self.tree.get(dotted)
        if not isinstance(count, int) or count < 1:
            raise UsageError(
                f"{self.tree.origin(dotted)}: {dotted} must be a whole number above zero, not {count!r}",
                next="write for example 50",
                slug="wrong-type",
            )
        return count

    @cached_property
    def notify(self) -> tuple[NotifySetting, ...]:
        """The addresses that are notified of changes.

        Raises:
            UsageError: an item is not valid, or contains a secret; with the position.
        """
        return notify.read(self.tree)

    @property
    def templates(self) -> tuple[Path, ...]:
        """The user's template folders; empty for the shipped ones."""
        value = self.tree.get("pkgops.templates") or []
        return tuple(Path(item).expanduser() for item in ([value] if isinstance(value, str) else value))

    @property
    def ignores_unknown_comments(self) -> bool:
        """Whether comments in templates that are not ytt's own are accepted."""
        return bool(self.tree.get("pkgops.ignoreUnknownComments"))

    def timeout(self, command: str) -> float:
        """Return how long a command waits, in seconds."""
        dotted = f"pkgops.timeouts.{command}"
        return parse_duration(self.text(dotted), f"{self.tree.origin(dotted)}: {dotted}")

    def stage_timeouts(self) -> dict[str, float]:
        """Return how long a run may wait for each stage, in seconds, by its name; ``default`` for others.

        Raises:
            UsageError: not a map of durations.
        """
        dotted = "pkgops.timeouts.stages"
        given = self.tree.get(dotted)
        if not isinstance(given, Mapping):
            raise UsageError(
                f"{self.tree.origin(dotted)}: {dotted} must be a map of stages and durations",
                next="write for example {default: 10m, image-builder: 30m}",
                slug="wrong-type",
            )
        places = {name: f"{self.tree.origin(f'{dotted}.{name}')}: {dotted}.{name}" for name in given}
        return {name: parse_duration(str(text), places[name]) for name, text in given.items()}

    @property
    def source(self) -> Path | None:
        """The folder that is pushed to the local cluster; None where only the repository is followed."""
        text = self.text("pkgops.source")
        return Path(text) if text else None

    @property
    def workload(self) -> str:
        """The workload's name."""
        return self.text("workload.name")

    @property
    def workload_namespace(self) -> str:
        """The workload's namespace."""
        return self.text("workload.namespace") or "default"

    @property
    def deliverable(self) -> str:
        """The deliverable's name, the same in every environment."""
        return self.text("deliverable.name")

    def data_values(self) -> dict[str, Any]:
        """Return the data values for the templates: all but pkgops's own keys and the schema's defaults.

        The templates have their own defaults. Values of options and of the environment are left out where the
        templates' schema does not have them: they are for pkgops then.
        """
        values = Tree.merge([self._for_templates(layer) for layer in self.layers[DEFAULTS:]]).values
        for key in (workloads.KEY, "pkgops"):
            values.pop(key, None)
        return values

    def _for_templates(self, layer: Layer) -> Layer:
        sources = {origin.source for origin in layer.origins.values()}
        if not self.schema.closed or not sources or "file" in sources:
            return layer
        return Layer.of(_known(layer.values, self.schema), next(iter(layer.origins.values())))

    def rows(self) -> list[tuple[str, Any, Origin]]:
        """Return every setting with its value and origin, in the schema's order; secrets are hidden."""
        return [
            (".".join(path), _shown(path, value), self.tree.origins[path])
            for path, value in leaves(self.tree.values)
        ]


def _shown(path: tuple[str, ...], value: Any) -> Any:
    if path == notify.KEY and value:
        return "(hidden)"  # The path of a URL may be a secret.
    return "(hidden)" if path in SECRET_PATHS and value else value


def _known(values: Mapping[str, Any], schema: Schema) -> dict[str, Any]:
    return _intersect(values, schema.defaults)


def _intersect(values: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in values.items():
        if key not in known:
            continue
        below = known[key]
        deeper = isinstance(value, Mapping) and isinstance(below, Mapping)
        result[key] = _intersect(value, below) if deeper else value
    return result
