"""What is checked before anything changes: reach, kinds, namespaces, permissions, registry, selection."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from pkgops.errors import PreflightError
from pkgops.flows import required_kinds, selection, unreadable
from pkgops.flows.apply_plan import describe
from pkgops.kube import Client, Forbidden, Obj
from pkgops.model import ObjectRef

WRITES = ("create", "patch")


def reach(client: Client) -> None:
    """Make sure that the API server answers and accepts our credentials.

    Raises:
        Unreachable: it does not answer.
        Unauthorized: it does not accept this user.
    """
    client.version()


def namespaces(client: Client, wanted: Sequence[str], *, create: bool) -> list[Obj]:
    """Return the namespaces that are to be created: those of ``wanted`` that do not exist.

    Raises:
        PreflightError: some do not exist, and ``create`` is false.
    """
    absent = [name for name in wanted if missing(client, name)]
    if absent and not create:
        raise PreflightError(
            f"namespace{'s' if len(absent) > 1 else ''} {', '.join(absent)} missing on {client.name}",
            next="create them, or run the command again with --create-namespace",
            slug="namespace-missing",
        )
    return [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in absent]


def missing(client: Client, namespace: str) -> bool:
    """Return whether a namespace is known not to exist.

    A user without the permission to read namespaces gets the error of the first write.
    """
    try:
        return client.find("v1", "Namespace", namespace) is None
    except Forbidden as error:
        if not unreadable.refusal(error):
            raise
        return False


def permissions(client: Client, objects: Sequence[Obj], cluster: str, into: str = "") -> bool:
    """Return whether we may write the objects, by an access review for each kind and namespace.

    Without permission it returns False, and raises nothing, where they are on the cluster as desired, as far
    as they may be read.

    Raises:
        PreflightError: something would change; lists verb, resource and namespace of all that is refused.
    """
    refused = _refused(client, objects, into)
    if not refused:
        return True
    changed = [describe(ObjectRef.of(obj)) for obj in objects if _would_change(client, obj, into)]
    if changed:
        denied = [*refused, f"to change: {', '.join(changed)}"]
        raise _not_permitted(cluster, denied, "let a user with these permissions run pkgops supplychain up")
    return False


def submission(client: Client, owner: Obj, cluster: str, role: str) -> None:
    """Make sure that we may write a workload or deliverable; ``role`` is that of ``doctor --rbac`` for it.

    Raises:
        PreflightError: lists verb, resource and namespace of all that is refused.
    """
    refused = _refused(client, [owner])
    if refused:
        ask = f"pkgops doctor --rbac {role} prints the Role" if role else "request these permissions"
        raise _not_permitted(cluster, refused, ask)


def deletion(client: Client, deleted: Iterable[Obj], awaited: Iterable[Obj], records: Iterable[Obj]) -> None:
    """Make sure that we may delete objects, and read them, and those deleted with them, until they are gone.

    Args:
        client: the cluster.
        deleted: what is deleted.
        awaited: what is deleted with it.
        records: ConfigMaps that are listed, then deleted.

    Raises:
        PreflightError: lists verb, resource and namespace of all that is refused.
    """
    wanted = ((deleted, ("get", "delete")), (awaited, ("get",)), (records, ("list", "delete")))
    refused = [
        one
        for objects, verbs in wanted
        for one in _refused(
            client,
            (obj for obj in objects if client.serves(str(obj["apiVersion"]), str(obj["kind"]))),
            verbs=verbs,
        )
    ]
    if refused:
        raise _not_permitted(client.name, list(dict.fromkeys(refused)))


def _not_permitted(
    cluster: str, refused: Sequence[str], ask: str = "request these permissions"
) -> PreflightError:
    return PreflightError(
        f"not permitted on {cluster}",
        why="\n".join(refused),
        next=f"{ask}, or use another context (--context)",
        slug="forbidden",
    )


def _refused(
    client: Client, objects: Iterable[Obj], into: str = "", verbs: Sequence[str] = WRITES
) -> list[str]:
    """Return verb, resource and namespace of all that is not permitted."""
    wanted = sorted({_attributes(client, obj, into) for obj in objects})
    return [
        f"{verb} {resource}{'.' + group if group else ''}{' in namespace ' + namespace if namespace else ''}"
        for group, resource, namespace in wanted
        for verb in verbs
        if not client.may(verb, group, resource, namespace)
    ]


def _would_change(client: Client, obj: Obj, into: str) -> bool:
    """Return whether an object is known to be missing, or to differ from the desired one."""
    ref = ObjectRef.of(obj)
    try:
        live = client.find(ref.api_version, ref.kind, ref.name, _attributes(client, obj, into)[2])
    except Forbidden as error:
        if not unreadable.refusal(error):
            raise
        return False
    return live is None or not _contains(live, obj)


def _contains(live: Any, wanted: Any) -> bool:
    """Return whether a live value contains the desired one; fields that the server added do not count."""
    if isinstance(wanted, dict):
        known = live if isinstance(live, dict) else {}
        return all(_contains(known.get(key), value) for key, value in wanted.items())
    if isinstance(wanted, list):
        same = isinstance(live, list) and len(live) == len(wanted)
        return same and all(map(_contains, live, wanted))
    return bool(live == wanted) or (live is None and wanted in ("", None))


def blueprints(client: Client, ours: Sequence[Obj], owner: Obj, kind: str) -> None:
    """Make sure that exactly one blueprint will select a workload or deliverable.

    A user without the permission to list blueprints gets this error from the status of what is submitted.

    Args:
        client: the cluster.
        ours: the blueprints about to be applied.
        owner: the workload or deliverable.
        kind: ClusterSupplyChain or ClusterDelivery.

    Raises:
        PreflightError: none selects it, or several equally well.
    """
    present = _present(client, kind)
    if present is None:
        return
    known = {obj["metadata"]["name"]: obj for obj in present}
    known |= {obj["metadata"]["name"]: obj for obj in ours}
    labels = (owner.get("metadata") or {}).get("labels") or {}
    names = selection.best(known.values(), labels)
    if len(names) == 1:
        return
    who = f"{owner['kind'].lower()} {owner['metadata']['name']}"
    if names:
        raise PreflightError(
            f"several {kind}s select {who}: {', '.join(names)}",
            why="their selectors match its labels equally well, so Cartographer would choose none",
            next=f"delete one (kubectl delete {kind.lower()} NAME), or make its selector more specific",
            slug="several-blueprints",
        )
    raise PreflightError(
        f"no {kind} selects {who}",
        why="its labels are: " + (", ".join(f"{key}={value}" for key, value in labels.items()) or "none"),
        next=f"give it the labels that a {kind}'s spec.selector names",
        slug="no-blueprint",
    )


def kinds(client: Client, objects: Iterable[Obj], cluster: str) -> None:
    """Make sure that the cluster serves every kind that the objects need.

    Raises:
        PreflightError: names each kind and what to install.
    """
    required_kinds.check(client, objects, cluster)


def _present(client: Client, kind: str) -> list[Obj] | None:
    """The blueprints on the cluster; None where they may not be listed."""
    api = "carto.run/v1alpha1"
    try:
        return client.list(api, kind).items if client.serves(api, kind) else []
    except Forbidden as error:
        if not unreadable.refusal(error):
            raise
        return None


def _attributes(client: Client, obj: Obj, into: str) -> tuple[str, str, str]:
    resource = client.resource(str(obj["apiVersion"]), str(obj["kind"]))
    namespace = str((obj.get("metadata") or {}).get("namespace") or into) if resource.namespaced else ""
    return resource.group, resource.plural, namespace
