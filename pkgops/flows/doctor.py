"""Read-only checks of a cluster and of the templates for it; nothing changes anywhere."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from pkgops import commandline
from pkgops.errors import PkgopsError, PreflightError
from pkgops.flows import (
    doctor_access,
    doctor_cluster,
    doctor_errors,
    doctor_rights,
    doctor_selectors,
    render,
    required_kinds,
    template_fixes,
)
from pkgops.flows.doctor_report import Check, Report, Result
from pkgops.flows.install import delivery_part
from pkgops.flows.ports import Ports
from pkgops.flows.promotion.gates import configured
from pkgops.flows.target import LOCAL, Target
from pkgops.formats import yaml
from pkgops.kube import Client, Obj
from pkgops.pipeline import lint
from pkgops.settings import Settings
from pkgops.values import Value

WITHOUT_CLUSTER = ("no-local-cluster", "api-unreachable", "cluster-deleted")
"""The errors after which corrections are written without a cluster."""


def doctor(target: Target, ports: Ports) -> Report:
    """Make all checks; a check that fails with an error is unknown and the others are still made."""
    checks: list[Check] = []
    objects: list[Obj] = []
    for name, check in _plan(target, objects):
        try:
            made = list(check())
        except PkgopsError as error:
            made = [_unknown(name, error)]
        made = [replace(one, fix=commandline.another(one.fix)) for one in made]
        for one in made:
            ports.note(f"{one.name}: {one.result}: {one.message}", check=one.name, result=str(one.result))
        checks += made
    return Report(target.name, tuple(checks))


def _unknown(name: str, error: PkgopsError) -> Check:
    return Check(name=name, result=Result.UNKNOWN, message=error.summary, fix=error.next)


def _plan(target: Target, objects: list[Obj]) -> Iterator[tuple[str, Callable[[], Iterable[Check]]]]:
    client = target.client
    yield "reach", lambda: _reach(client)
    yield "gates", lambda: _gates(target)
    yield "templates", lambda: _rendered(target, objects)
    yield "lint", lambda: lint_checks(objects, surroundings(target, objects))
    yield "kinds", lambda: _everywhere(target, objects, doctor_cluster.kinds)
    yield "namespaces", lambda: doctor_cluster.namespaces(target)
    yield "controllers", lambda: _everywhere(target, objects, doctor_cluster.controllers)
    yield doctor_errors.NAME, lambda: doctor_errors.internal_errors(target)
    yield "permissions", lambda: doctor_access.permissions(client, objects)
    yield "permissions", lambda: doctor_rights.purposes(target, objects)
    yield "service accounts", lambda: doctor_access.accounts(target, objects)
    yield "secrets", lambda: doctor_access.secrets(target, objects)
    yield doctor_selectors.NAME, lambda: doctor_selectors.selected(target, objects)
    yield "registry", lambda: doctor_access.registry_access(target)


def _everywhere(
    target: Target, objects: list[Obj], check: Callable[[Client, list[Obj]], Iterable[Check]]
) -> Iterator[Check]:
    """A check of the workload's cluster, and of each that only receives deliveries, with its objects."""
    yield from check(target.client, objects)
    seen = [target.client]
    for environment in target.settings.environments:
        client = target.clusters.of(environment)
        if client in seen:
            continue
        seen.append(client)
        needed = list(delivery_part(objects, environment.namespace))
        try:
            made = list(check(client, needed))
        except PkgopsError as error:
            made = [_unknown(environment.name, error)]
        yield from (replace(one, message=f"context {environment.context}: {one.message}") for one in made)


def _reach(client: Client) -> Iterator[Check]:
    version = client.version()
    yield Check(
        name="reach",
        result=Result.OK,
        message=f"{client.name} answers: Kubernetes {version.get('gitVersion', '')}",
    )


def _gates(target: Target) -> Iterator[Check]:
    environments = target.settings.environments
    problems = configured.problems(environments)
    for one in environments:
        if one.name in problems:
            yield Check(
                name="gates",
                result=Result.FAILED,
                message=problems[one.name].what,
                fix=problems[one.name].next,
            )
        elif one.gates:
            named = ", ".join(gate.name for gate in one.gates)
            yield Check(name="gates", result=Result.OK, message=f"{one.name}: {named} can be evaluated")


def _rendered(target: Target, objects: list[Obj]) -> Iterator[Check]:
    objects += _render(target.settings)
    yield Check(name="templates", result=Result.OK, message=f"{len(objects)} objects rendered")


def _render(settings: Settings) -> list[Obj]:
    rendered = render.render(settings, [one.namespace for one in settings.environments])
    return [*rendered.workflows, *rendered.workloads, *rendered.deliverables]


def surroundings(target: Target, objects: list[Obj]) -> lint.Surroundings:
    """Return the versions that the target serves and the images that it provides, for the rules of lint."""
    return _around(target.settings, required_kinds.served_instead(target.client, objects))


def _around(settings: Settings, versions: dict[str, str]) -> lint.Surroundings:
    images = {use: settings.text(f"steps.{use}.image") for use in ("test", "package")}
    return lint.Surroundings(versions, images)


class Fixes(Value):
    """The files with corrections, and the apiVersions that were assumed where no cluster gave them."""

    files: tuple[Path, ...] = ()
    assumed: tuple[str, ...] = ()


def fix_into(find: Callable[[], Target], settings: Settings, folder: Path) -> Fixes:
    """Write the corrections of the templates as ytt overlays into a folder.

    Only the served versions are read from the cluster: where there is none, or none that answers, the
    versions of current releases are assumed.

    Args:
        find: returns the target.
        settings: what to render by where there is no target.
        folder: where to write.

    Raises:
        UsageError: the templates cannot be rendered, there is no such context, or the folder is read-only.
        RefusedError: the folder is not empty.
    """
    try:
        target = find()
        objects = _render(target.settings)
        around = surroundings(target, objects)
    except PreflightError as error:
        if error.slug not in WITHOUT_CLUSTER:
            raise
        objects = _render(settings)
        versions, assumed = required_kinds.assumed_instead(objects)
        return Fixes(_write(settings, objects, _around(settings, versions), folder), tuple(assumed))
    return Fixes(_write(target.settings, objects, around, folder))


def _write(
    settings: Settings, objects: list[Obj], around: lint.Surroundings, folder: Path
) -> tuple[Path, ...]:
    corrections = lint.corrections(objects, around)
    given = [str(path) for path in settings.templates]
    local = [
        str(value)
        for name, value, origin in settings.rows()
        if origin == LOCAL and name in ("steps.test.image", "steps.package.image")
    ]
    return tuple(template_fixes.write(corrections, folder, given, local)) if corrections else ()


def lint_checks(objects: list[Obj], around: lint.Surroundings | None = None) -> Iterator[Check]:
    """The findings of lint in templates, each with its correction as a diff."""
    findings = lint.findings(objects, around or lint.ANY)
    for finding in findings:
        yield Check(
            name=f"lint {finding.name}",
            result=Result.FAILED,
            message=finding.what,
            fix="apply the diff, or write it as ytt overlays: pkgops doctor --templates … --fix-into DIR",
            object=finding.object,
            diff=diff(finding.before, finding.after, str(finding.object)),
        )
    if objects and not findings:
        yield Check(name="lint", result=Result.OK, message="no known fault in the blueprints and templates")


def diff(before: Obj, after: Obj, name: str) -> str:
    """A unified diff of two objects as YAML."""
    old, new = (yaml.dump_all([obj]).splitlines() for obj in (before, after))
    return "\n".join(difflib.unified_diff(old, new, f"{name} (now)", f"{name} (corrected)", lineterm="", n=2))


__all__ = ["Check", "Fixes", "Report", "Result", "diff", "doctor", "fix_into", "lint_checks"]
