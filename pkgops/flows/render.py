"""Render templates with settings into objects, sorted by when they are applied."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pkgops.errors import UsageError
from pkgops.flows.did_you_mean import unknown
from pkgops.formats import yaml
from pkgops.kube import Obj
from pkgops.settings import Settings
from pkgops.settings.load import shipped_templates

SUFFIXES = (".yaml", ".yml", ".star", ".txt")
OWNERS = ("Workload", "Deliverable")


@dataclass(frozen=True)
class Rendered:
    """The rendered objects.

    ``workflows`` are those of the record: blueprints, templates, tasks, RBAC. Workloads and
    deliverables are applied separately, each where and when it is needed.
    """

    workflows: tuple[Obj, ...]
    workloads: tuple[Obj, ...]
    deliverables: tuple[Obj, ...]

    @property
    def delivers(self) -> bool:
        """Whether there is a deliverable; a supply chain may also deploy by itself."""
        return bool(self.deliverables or self.blueprints("ClusterDelivery"))

    @property
    def builds(self) -> bool:
        """Whether there is a workload; templates may also deliver packages that are built elsewhere."""
        return bool(self.workloads or self.blueprints("ClusterSupplyChain"))

    def workload(self, name: str) -> Obj:
        """Return the workload of this name; without a name the only one.

        Raises:
            UsageError: the templates have no such workload.
        """
        return _named(self.workloads, "workload", name)

    def deliverable(self, name: str) -> Obj:
        """Return the deliverable of this name; without a name the only one.

        Raises:
            UsageError: the templates have no such deliverable.
        """
        return _named(self.deliverables, "deliverable", name)

    def blueprints(self, kind: str) -> tuple[Obj, ...]:
        """Return the blueprints of a kind: ClusterSupplyChain or ClusterDelivery."""
        return tuple(obj for obj in self.workflows if obj.get("kind") == kind)


def files(settings: Settings) -> list[tuple[str, Path]]:
    """Return the template files with their names, in the order of ytt's input.

    Raises:
        UsageError: a folder or file does not exist, or a folder is empty.
    """
    roots = settings.templates or (shipped_templates(),)
    found = [pair for root in roots for pair in _below(root)]
    if not found:
        raise UsageError(
            f"there are no templates in {', '.join(str(root) for root in roots)}",
            next="name a folder with .yaml files with --templates",
            slug="no-templates",
        )
    return found


def render(settings: Settings, namespaces: Sequence[str]) -> Rendered:
    """Render the templates.

    Args:
        settings: the values, completed by the target.
        namespaces: the data value ``namespaces`` of the templates, unless it is configured.

    Raises:
        UsageError: a template does not parse or fails, with file and line; or a value is missing.
    """
    values = settings.data_values()
    values.setdefault("namespaces", [{"name": name} for name in namespaces])
    if settings.schema.closed and "namespaces" not in settings.schema.defaults:
        values.pop("namespaces")
    program = settings.text("pkgops.ytt")
    text = _by_program(program, settings, values) if program else _built_in(settings, values)
    return sort(yaml.parse_all(text, "rendered templates"))


def _built_in(settings: Settings, values: dict[str, Any]) -> str:
    from pkgops import ytt

    inputs = [
        ytt.InputFile(path=name, content=path.read_bytes(), implied=True) for name, path in files(settings)
    ]
    # As a file, because files are merged into the schema's defaults; JSON is YAML.
    given = ytt.InputFile(path="configuration.yaml", content=json.dumps(values))
    options = ytt.Options(ignore_unknown_comments=settings.ignores_unknown_comments)
    return ytt.render(inputs, ytt.DataValues(files=[("", given)]), options)


def _by_program(program: str, settings: Settings, values: dict[str, Any]) -> str:
    """Render with the ytt program; the values, a password among them, are passed in a private file."""
    from pkgops.tools_ytt import run_ytt

    named = [f"--file={name}={path}" for name, path in files(settings)]
    if settings.ignores_unknown_comments:
        named.append("--ignore-unknown-comments")
    with tempfile.NamedTemporaryFile("w", prefix="pkgops-values-", suffix=".yaml") as given:
        given.write(json.dumps(values))
        given.flush()
        result = run_ytt(program, [*named, f"--data-values-file={given.name}"])
    if result.status:
        raise UsageError(
            "the templates could not be rendered",
            why=str(result.stderr).strip(),
            next="correct the line that the message names, or the data value that it uses",
            slug="template-failed",
        )
    return str(result.stdout)


def sort(objects: Iterable[Obj]) -> Rendered:
    """Sort rendered documents by when they are applied.

    Raises:
        UsageError: a document is not a Kubernetes object.
    """
    checked = [_checked(obj) for obj in objects]
    workloads = tuple(obj for obj in checked if _is(obj, "Workload"))
    deliverables = tuple(obj for obj in checked if _is(obj, "Deliverable"))
    rest = tuple(obj for obj in checked if not any(_is(obj, kind) for kind in OWNERS))
    return Rendered(rest, workloads, deliverables)


def _below(root: Path) -> list[tuple[str, Path]]:
    if root.is_file():
        return [(root.name, root)]
    if not root.is_dir():
        raise UsageError(
            f"there is no folder {root}",
            next="name an existing folder with --templates, or leave it out for the templates that ship",
            slug="templates-missing",
        )
    paths = sorted(path for path in root.rglob("*") if path.is_file() and path.suffix in SUFFIXES)
    return [(str(path.relative_to(root)), path) for path in paths]


def _is(obj: Obj, kind: str) -> bool:
    return obj.get("kind") == kind and str(obj.get("apiVersion", "")).startswith("carto.run/")


def _checked(obj: Obj) -> Obj:
    if (
        isinstance(obj, dict)
        and obj.get("kind")
        and obj.get("apiVersion")
        and (obj.get("metadata") or {}).get("name")
    ):
        return obj
    keys = ", ".join(sorted(obj)) if isinstance(obj, dict) else type(obj).__name__
    raise UsageError(
        "a template renders something that is not a Kubernetes object",
        why=f"apiVersion, kind and metadata.name are required; it has: {keys}",
        next="correct the template, or keep that file out of the templates folder",
        slug="not-an-object",
    )


def _named(objects: Sequence[Obj], kind: str, name: str) -> Obj:
    if not name and len(objects) == 1:
        return objects[0]
    for obj in objects:
        if obj["metadata"]["name"] == name:
            return obj
    known = [str(obj["metadata"]["name"]) for obj in objects]
    none = f"add a {kind} to the templates, or leave --templates out for the shipped ones"
    raise unknown(kind, name, known, "in the templates", none)
