"""Read-only checks of a cluster and of the templates for it; nothing changes anywhere."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from pkgops.errors import PkgopsError
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


def doctor(target: Target, ports: Ports) -> Report:
    """Make all checks; a check that cannot be made says so and the others go on."""
    checks: list[Check] = []
    objects: list[Obj] = []
    for name, check in _plan(target, objects):
        try:
            made = list(check())
        except PkgopsError as error:
            made = [_unknown(name, error)]
        for one in made:
            ports.note(f"{one.name}: {one.result}: {one.message}", check=one.name, result=str(one.result))
        checks += made
    return Report(target.name, tuple(checks))


def _unknown(name: str, error: PkgopsError) -> Check:
    return Check(name=name, result=Result.UNKNOWN, message=error.told, fix=error.next)


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
    """A check of the workload's cluster, and of each that only receives deliveries, by what it needs."""
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
            yield Check(name="gates", result=Result.OK, message=f"those of {one.name} can be asked: {named}")


def _rendered(target: Target, objects: list[Obj]) -> Iterator[Check]:
    objects += _render(target)
    yield Check(name="templates", result=Result.OK, message=f"{len(objects)} objects rendered")


def _render(target: Target) -> list[Obj]:
    settings = target.settings
    rendered = render.render(settings, [one.namespace for one in settings.environments])
    return [*rendered.workflows, *rendered.workloads, *rendered.deliverables]


def surroundings(target: Target, objects: list[Obj]) -> lint.Surroundings:
    """What the target serves and brings along that templates may say otherwise."""
    images = {use: target.settings.text(f"steps.{use}.image") for use in ("test", "package")}
    return lint.Surroundings(required_kinds.served_instead(target.client, objects), images)


def fix_into(target: Target, folder: Path) -> list[Path]:
    """Write the corrections of the templates as ytt overlays into a folder; returns the files.

    Raises:
        UsageError: the templates cannot be rendered, or the folder cannot be written.
        RefusedError: the folder has something in it.
    """
    objects = _render(target)
    corrections = lint.corrections(objects, surroundings(target, objects))
    given = [str(path) for path in target.settings.templates]
    local = [
        str(value)
        for name, value, origin in target.settings.rows()
        if origin == LOCAL and name in ("steps.test.image", "steps.package.image")
    ]
    return template_fixes.write(corrections, folder, given, local) if corrections else []


def lint_checks(objects: list[Obj], around: lint.Surroundings | None = None) -> Iterator[Check]:
    """The findings in templates, each with its correction as a diff."""
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
        yield Check(
            name="lint", result=Result.OK, message="nothing known to go wrong in the blueprints and templates"
        )


def diff(before: Obj, after: Obj, name: str) -> str:
    """A unified diff of two objects as YAML."""
    old, new = (yaml.dump_all([obj]).splitlines() for obj in (before, after))
    return "\n".join(difflib.unified_diff(old, new, f"{name} (now)", f"{name} (corrected)", lineterm="", n=2))


__all__ = ["Check", "Report", "Result", "diff", "doctor", "fix_into", "lint_checks"]
