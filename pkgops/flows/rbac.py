"""Roles and bindings as YAML, with the fewest permissions to watch, deliver, approve or promote."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import Any

from pkgops.errors import PkgopsError
from pkgops.flows import render
from pkgops.flows.rights import COMMANDS, LOST, Grant, Purpose, used
from pkgops.flows.target import Target
from pkgops.formats import yaml
from pkgops.kube import Client
from pkgops.kube.discovery import plural
from pkgops.settings import Settings

GROUP = "rbac.authorization.k8s.io"
ACCOUNT = "system:serviceaccount:"
NOBODY = "NAME"
"""The user where none is given and the cluster does not return one."""

Plural = Callable[[Grant], str]


def text(target: Target, purpose: Purpose, user: str) -> str:
    """Return the Roles and bindings for a user; without one, for the present user.

    Raises:
        UsageError: the templates or their values are wrong.
    """
    settings = target.settings
    rendered = render.render(settings, [one.namespace for one in settings.environments])
    objects = [*rendered.workflows, *rendered.workloads, *rendered.deliverables]
    grants = used(purpose, settings, objects)
    return document(purpose, settings, grants, user or whoami(target.client), served_as(target.client))


def whoami(client: Client) -> str:
    """Return our user name on the cluster (SelfSubjectReview, Kubernetes 1.28 and later)."""
    try:
        answer = client.create({"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"})
    except PkgopsError:
        return NOBODY
    return str(((answer.get("status") or {}).get("userInfo") or {}).get("username") or NOBODY)


def served_as(client: Client) -> Plural:
    """Return a function for the plural of a kind: as the cluster serves it, else guessed from its name."""

    def found(grant: Grant) -> str:
        try:
            return client.resource(grant.api_version, grant.kind).plural
        except PkgopsError:
            return plural(grant.kind)

    return found


def document(
    purpose: Purpose, settings: Settings, grants: Sequence[Grant], user: str, plural_of: Plural
) -> str:
    """Return the objects as one YAML stream that kubectl applies, with comments."""
    first, *others = settings.environments
    names = ", ".join(one.name for one in others) or "another environment"
    parts = [f"# {purpose}: {COMMANDS[purpose].format(first=first.name, others=names)}"]
    for namespace, own in groupby(grants, lambda grant: grant.namespace):
        here = list(own)
        parts += _comments(settings, namespace, here, plural_of)
        parts.append("---\n" + yaml.dump_all(_objects(purpose, namespace, here, user, plural_of)).rstrip())
    return "\n".join(parts)


def _comments(settings: Settings, namespace: str, grants: Iterable[Grant], plural_of: Plural) -> list[str]:
    if not namespace:
        lines = ["# Cluster-scoped kinds, whose permission may also be left out. Without it:"]
        return lines + [f"#   {plural_of(one)}: {LOST[one.kind]}" for one in grants if one.kind in LOST]
    contexts = {one.context for one in settings.environments if one.namespace == namespace}
    other = next((one for one in contexts if one and one != settings.context), "")
    return [f"# On the cluster of context {other}:"] if other else []


def _objects(
    purpose: Purpose, namespace: str, grants: Sequence[Grant], user: str, plural_of: Plural
) -> list[dict[str, Any]]:
    role, binding = ("Role", "RoleBinding") if namespace else ("ClusterRole", "ClusterRoleBinding")
    place = {"namespace": namespace} if namespace else {}
    name = f"pkgops-{purpose}"
    bound = re.sub(r"[^a-z0-9.-]+", "-", f"{name}-{user}".lower()).strip("-.")
    return [
        {
            "apiVersion": f"{GROUP}/v1",
            "kind": role,
            "metadata": {"name": name, **place},
            "rules": _rules(grants, plural_of),
        },
        {
            "apiVersion": f"{GROUP}/v1",
            "kind": binding,
            "metadata": {"name": bound, **place},
            "roleRef": {"apiGroup": GROUP, "kind": role, "name": name},
            "subjects": [_subject(user)],
        },
    ]


def _rules(grants: Sequence[Grant], plural_of: Plural) -> list[dict[str, Any]]:
    by_verbs: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for one in grants:
        below = f"/{one.subresource}" if one.subresource else ""
        by_verbs.setdefault((one.group, one.verbs), []).append(plural_of(one) + below)
    return [
        {"apiGroups": [group], "resources": resources, "verbs": list(verbs)}
        for (group, verbs), resources in by_verbs.items()
    ]


def _subject(user: str) -> dict[str, str]:
    namespace, _, name = user.removeprefix(ACCOUNT).partition(":")
    if user.startswith(ACCOUNT) and name:
        return {"kind": "ServiceAccount", "name": name, "namespace": namespace}
    return {"apiGroup": GROUP, "kind": "User", "name": user}
