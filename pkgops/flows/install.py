"""Install the objects of the pipeline: blueprints, templates, tasks, RBAC; after checks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from pkgops.flows import apply, preflight, registry, still_used, unreadable
from pkgops.flows.apply_plan import Plan
from pkgops.flows.ports import Ports
from pkgops.flows.render import Rendered, render
from pkgops.flows.target import Target
from pkgops.kube import Client, Obj
from pkgops.settings import EnvironmentSetting

Check = Callable[[Rendered], None]
"""A check of the caller on what was rendered; raises where nothing may be applied."""
Agree = Callable[[str, Sequence[Plan]], None]
"""Asks the user to confirm plans on a cluster of that name; raises where they decline."""


def _always(_: str, __: Sequence[Plan]) -> None:
    return None


@dataclass(frozen=True)
class Install:
    """How to install.

    Attributes:
        create_namespaces: create the namespaces that are missing instead of refusing.
        dry_run: compare and report, change nothing.
        agree: called once, with all plans that would change something.
    """

    create_namespaces: bool = False
    dry_run: bool = False
    agree: Agree = _always


@dataclass(frozen=True)
class Installed:
    """What was rendered, and a plan for each cluster."""

    rendered: Rendered
    plans: tuple[Plan, ...] = field(default=())


def install(
    target: Target,
    environments: Sequence[EnvironmentSetting],
    how: Install,
    ports: Ports,
    check: Check | None = None,
) -> Installed:
    """Check, compare, ask for consent and apply; nothing is changed where a check fails.

    Args:
        target: the cluster of the workload.
        environments: where the package will be delivered, possibly to other clusters.
        how: options, and how the person agrees.
        ports: gets each step.
        check: called once the cluster is known to serve all kinds, before any confirmation or change.

    Raises:
        PreflightError: something that is needed is missing; see ``preflight``.
        UsageError: the templates or their values are wrong.
        RefusedError: something would be deleted that others use; see ``still_used``.
    """
    settings = target.settings
    spaces = _all_namespaces(target, environments)
    rendered = render(settings, spaces)
    if rendered.builds or settings.text("registry.tagPrefix"):
        registry.check(settings, ports)
    environments = environments if rendered.delivers else ()
    parts = [(target.client, target.name, rendered.workflows, _home_namespaces(target, environments))]
    for environment in environments:
        client = target.clusters.of(environment)
        if client is not target.client:
            objects = delivery_part(rendered.workflows, environment.namespace)
            parts.append((client, f"context {environment.context}", objects, [environment.namespace]))
    absent = [
        _preflight(client, name, objects, here, how, _into(client, target))
        for client, name, objects, here in parts
    ]
    if check is not None:
        check(rendered)
    plans = [
        (client, _plan(client, replace(rendered, workflows=tuple(objects)), missing, target, spaces, ports))
        for (client, _, objects, _), missing in zip(parts, absent, strict=True)
        if missing is not None
    ]
    for (_, name, *_), missing in zip(parts, absent, strict=True):
        if missing is None:
            ports.note(f"templates on {name}: not changed, you have no permission to change them")
    how.agree(target.name, [plan for _, plan in plans])
    if not how.dry_run:
        for client, plan in plans:
            apply.execute(client, plan, ports)
            ports.note(f"templates: {plan.done}")
    return Installed(rendered, tuple(plan for _, plan in plans))


def delivery_part(workflows: Sequence[Obj], namespace: str) -> tuple[Obj, ...]:
    """Return what a cluster that only receives deliveries needs: all but the supply chain and its tasks."""

    def belongs(obj: Obj) -> bool:
        own = (obj.get("metadata") or {}).get("namespace")
        return obj.get("kind") != "ClusterSupplyChain" and own in (None, namespace)

    return tuple(obj for obj in workflows if belongs(obj))


def _preflight(
    client: Client,
    name: str,
    objects: Sequence[Obj],
    namespaces: Sequence[str],
    how: Install,
    into: str,
) -> list[Obj] | None:
    """Check one cluster; returns the namespaces to create there, or None where nothing may be installed.

    Raises:
        PreflightError: something is missing or not permitted, and needed.
    """
    preflight.reach(client)
    preflight.kinds(client, objects, name)
    absent = preflight.namespaces(client, namespaces, create=how.create_namespaces)
    return absent if preflight.permissions(client, [*absent, *objects], name, into) else None


def _plan(
    client: Client,
    rendered: Rendered,
    absent: Sequence[Obj],
    target: Target,
    spaces: Sequence[str],
    ports: Ports,
) -> Plan:
    settings = target.settings
    record = settings.text("pkgops.record"), settings.text("pkgops.recordNamespace")
    into = _into(client, target)
    with unreadable.ending(
        f"what the templates would change on {client.name} is unknown; nothing was changed"
    ):
        plan = apply.plan(client, rendered.workflows, *record, ports.now(), before=absent, into=into)
        return still_used.without_used(client, plan, rendered, spaces, ports)


def _into(client: Client, target: Target) -> str:
    """The namespace of objects that name none: the workload's, as with kubectl's ``-n``.

    A cluster that only receives deliveries may not have it; there it is the record's namespace.
    """
    settings = target.settings
    return settings.workload_namespace if client is target.client else settings.text("pkgops.recordNamespace")


def _home_namespaces(target: Target, environments: Sequence[EnvironmentSetting]) -> list[str]:
    here = [one.namespace for one in environments if target.clusters.of(one) is target.client]
    return list(dict.fromkeys([target.settings.workload_namespace, *here]))


def _all_namespaces(target: Target, environments: Sequence[EnvironmentSetting]) -> list[str]:
    everywhere = [target.settings.workload_namespace, *(one.namespace for one in environments)]
    return list(dict.fromkeys(everywhere))
