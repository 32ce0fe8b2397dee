"""The doctor's check of this user's permissions: to watch, deliver, approve, promote."""

from __future__ import annotations

from collections.abc import Iterator

from pkgops.flows.doctor_report import Check, Result
from pkgops.flows.rights import Grant, Purpose, used
from pkgops.flows.target import Target
from pkgops.kube import Client, Obj


def purposes(target: Target, objects: list[Obj]) -> Iterator[Check]:
    """Check this user's permissions for each purpose; the fix is the command that prints the Roles."""
    clusters = target.clusters
    known: dict[tuple[Grant, str], bool] = {}
    for purpose in Purpose if objects else ():
        missing = [
            _text(verb, grant)
            for grant in used(purpose, target.settings, objects)
            for verb in grant.verbs
            if not _may(clusters.of_namespace(grant.namespace), grant, verb, known)
        ]
        if missing:
            more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
            yield Check(
                name="permissions",
                result=Result.WARNING,
                message=f"{purpose}: not allowed to {missing[0]}{more}",
                fix=f"pkgops doctor --rbac {purpose}",
            )
        else:
            yield Check(
                name="permissions", result=Result.OK, message=f"{purpose}: all that it uses is allowed"
            )


def _may(client: Client, grant: Grant, verb: str, known: dict[tuple[Grant, str], bool]) -> bool:
    """Check each permission once; kinds that are not served are left out."""
    if not client.serves(grant.api_version, grant.kind):
        return True
    key = (
        Grant(
            api_version=grant.api_version,
            kind=grant.kind,
            namespace=grant.namespace,
            verbs=(),
            subresource=grant.subresource,
        ),
        verb,
    )
    if key not in known:
        resource = client.resource(grant.api_version, grant.kind)
        known[key] = client.may(
            verb, resource.group, resource.plural, grant.namespace, subresource=grant.subresource
        )
    return known[key]


def _text(verb: str, grant: Grant) -> str:
    place = f" in {grant.namespace}" if grant.namespace else ""
    below = f"/{grant.subresource}" if grant.subresource else ""
    return f"{verb} {grant.kind}{below}{place}"
