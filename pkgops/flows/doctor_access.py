"""The doctor's checks of permissions: of this user, of the service accounts, and in the registry."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pkgops.errors import PkgopsError
from pkgops.flows import unreadable
from pkgops.flows.doctor_cluster import places
from pkgops.flows.doctor_report import Check, Result
from pkgops.flows.target import Target
from pkgops.kube import Client, Obj
from pkgops.pipeline import kinds, lint

_API_VERSION = re.compile(r"^apiVersion: *([\w./-]+)$", re.MULTILINE)
_KIND = re.compile(r"^kind: *(\w+)$", re.MULTILINE)
VERBS = ("get", "list", "watch", "create", "patch", "delete")


def permissions(client: Client, objects: list[Obj]) -> Iterator[Check]:
    """Check that pkgops may do everything that it does with the kinds of the templates."""
    refused = []
    wanted = {
        (str(obj["apiVersion"]), str(obj["kind"]), str(obj["metadata"].get("namespace") or ""))
        for obj in objects
    }
    for api_version, kind, namespace in sorted(wanted):
        if not client.serves(api_version, kind):
            continue
        resource = client.resource(api_version, kind)
        space = namespace if resource.namespaced else ""
        refused += [
            f"{verb} {resource.plural}.{resource.group or 'core'}" + (f" in {space}" if space else "")
            for verb in VERBS
            if not client.may(verb, resource.group, resource.plural, space)
        ]
    if refused:
        yield Check(
            name="permissions",
            result=Result.WARNING,
            message=f"supplychain up: not allowed to {', '.join(refused)}",
            fix="needed only to install the templates",
        )
    elif wanted:
        yield Check(
            name="permissions",
            result=Result.OK,
            message=f"supplychain up: everything that it does with {len(wanted)} kinds is allowed",
        )


def accounts(target: Target, objects: list[Obj]) -> Iterator[Check]:
    """Check that service accounts exist, and may create what the templates stamp."""
    for owner in (obj for obj in objects if obj.get("kind") in ("Workload", "Deliverable")):
        account = str((owner.get("spec") or {}).get("serviceAccountName") or "default")
        for namespace, client in _places(target, owner):
            try:
                yield _account(client, objects, owner, account, namespace)
            except PkgopsError as error:
                reason = unreadable.reason(error, namespace)
                yield Check(
                    name="service accounts",
                    result=Result.UNKNOWN,
                    message=f"{account} in {namespace}: {reason}",
                    fix=error.next,
                )


def _places(target: Target, owner: Obj) -> list[tuple[str, Client]]:
    """The namespaces that an owner is in, each with the client of its cluster."""
    if owner["kind"] == "Workload":
        namespace = str(owner["metadata"].get("namespace") or target.settings.workload_namespace)
        return [(namespace, target.client)]
    return [(one.namespace, target.clusters.of(one)) for one in target.settings.environments]


def _account(client: Client, objects: list[Obj], owner: Obj, account: str, namespace: str) -> Check:
    name = f"service account {account} in {namespace}"
    if client.find("v1", "ServiceAccount", account, namespace) is None:
        return Check(
            name="service accounts",
            result=Result.WARNING,
            message=f"{name} does not exist yet",
            fix="pkgops supplychain up"
            if _rendered(objects, "ServiceAccount", account, namespace)
            else f"kubectl create serviceaccount {account} -n {namespace}: no template has it",
        )
    own = client.as_service_account(namespace, account)
    refused = []
    for api_version, kind in sorted(stamped_by(objects, owner)):
        if not client.serves(api_version, kind):
            continue
        resource = client.resource(api_version, kind)
        refused += [
            f"{verb} {resource.plural}"
            for verb in ("get", "create", "patch")
            if not own.may(verb, resource.group, resource.plural, namespace)
        ]
    if refused:
        return Check(
            name="service accounts",
            result=Result.FAILED,
            message=f"{name} may not {', '.join(refused)}",
            fix="pkgops supplychain up",
        )
    return Check(
        name="service accounts", result=Result.OK, message=f"{name} may create what the templates stamp"
    )


def stamped_by(objects: Sequence[Obj], owner: Obj) -> set[tuple[str, str]]:
    """ApiVersions and kinds of what the templates of an owner's blueprints stamp."""
    kind = kinds.blueprint_of(owner["kind"]).kind
    names = {
        (str((one.get("templateRef") or {}).get("kind")), str((one.get("templateRef") or {}).get("name")))
        for plan in objects
        if plan.get("kind") == kind
        for one in (plan.get("spec") or {}).get("resources") or ()
    }
    kinds_made = set()
    for obj in objects:
        if (str(obj.get("kind")), str(obj["metadata"].get("name"))) in names:
            kinds_made |= _made_by(obj)
    return kinds_made


def _made_by(template: Obj) -> set[tuple[str, str]]:
    """ApiVersion and kind that one template stamps; of a ytt template those of the last object in its text.

    Its data is not known, so it is not rendered. Its functions precede that object, and their output is part
    of it.
    """
    made = lint.stamped(template)
    if made.get("apiVersion"):
        return {(str(made["apiVersion"]), str(made["kind"]))}
    text = str((template.get("spec") or {}).get("ytt") or "")
    pairs = zip(_API_VERSION.findall(text), _KIND.findall(text), strict=False)
    return set([*pairs][-1:])


def _rendered(objects: Sequence[Obj], kind: str, name: str, namespace: str) -> bool:
    """Whether the templates render an object, in that namespace or where they are installed."""
    return any(
        obj.get("kind") == kind
        and obj["metadata"].get("name") == name
        and obj["metadata"].get("namespace") in (None, "", namespace)
        for obj in objects
    )


def secrets(target: Target, objects: Sequence[Obj]) -> Iterator[Check]:
    """Check that the Secret with the registry's credentials is in each namespace; only names are read."""
    for client, namespace in places(target):
        try:
            secret = client.find("v1", "Secret", "registry-credentials", namespace)
        except PkgopsError as error:
            reason = unreadable.reason(error, namespace)
            yield Check(
                name="secrets",
                result=Result.UNKNOWN,
                message=f"secrets in {namespace} cannot be read: {reason}",
                fix=error.next,
            )
            continue
        if secret is None:
            yield Check(
                name="secrets",
                result=Result.WARNING,
                message=f"secret registry-credentials is missing in {namespace}",
                fix="pkgops supplychain up"
                if _rendered(objects, "Secret", "registry-credentials", namespace)
                else f"kubectl create secret docker-registry registry-credentials -n {namespace}, where a "
                "template uses it: no template creates it",
            )
        else:
            yield Check(
                name="secrets", result=Result.OK, message=f"secret registry-credentials is in {namespace}"
            )


def registry_access(target: Target) -> Iterator[Check]:
    """Check pull by listing tags, and push by starting an upload that is never finished."""
    from pkgops import oci
    from pkgops.flows import registry

    settings = target.settings
    prefix = settings.text("registry.tagPrefix")
    if not prefix:
        yield Check(
            name="registry",
            result=Result.UNKNOWN,
            message="registry.tagPrefix is not set",
            fix="set it in config.yaml",
        )
        return
    client = oci.RegistryClient(registry.keychain(settings))
    ref = oci.ImageRef.parse(f"{prefix}{settings.workload or 'pkgops'}")
    try:
        tags = client.tags(ref)
        yield Check(
            name="registry",
            result=Result.OK,
            message=f"{ref.registry} lets us pull {ref.name}: {len(tags)} tags",
        )
    except oci.NotFound:
        yield Check(
            name="registry",
            result=Result.OK,
            message=f"{ref.registry} answers; nothing was pushed to {ref.name} yet",
        )
    except oci.RegistryError as error:
        yield Check(
            name="registry",
            result=Result.FAILED,
            message=f"{ref.registry}: {error.what}",
            fix=error.next or "docker login",
        )
        return
    try:
        client.check_push(ref)
        yield Check(name="registry", result=Result.OK, message=f"{ref.registry} lets us push to {ref.name}")
    except oci.RegistryError as error:
        yield Check(
            name="registry",
            result=Result.FAILED,
            message=f"{ref.registry} refuses a push: {error.what}",
            fix=error.next or "docker login",
        )
