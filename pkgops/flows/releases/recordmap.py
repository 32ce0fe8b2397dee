"""What records have in common: a document in a labelled ConfigMap of their environment's namespace."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from pkgops.kube import AlreadyExists, Client, Obj, Unreachable

API_VERSION = "pkgops.dev/v1"
"""The version of the format of all documents."""
_MOMENT = "%Y-%m-%dT%H:%M:%S.%fZ"

T = TypeVar("T")


class Unreadable(ValueError):
    """A ConfigMap with the label of a record that contains none; the message is the ConfigMap's name."""


def config_map(
    name: str, namespace: str, label: Mapping[str, str], data: Mapping[str, str], *, immutable: bool
) -> Obj:
    """Return the ConfigMap of a record; that of a completed one is immutable."""
    obj: Obj = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": namespace, "labels": dict(label)},
        "data": dict(data),
    }
    return {**obj, "immutable": True} if immutable else obj


def document(kind: str, record: Mapping[str, Any]) -> dict[str, Any]:
    """Return the document of a record: apiVersion and kind, and its fields with times as text.

    The name and the creation are left out: those are in the metadata of the ConfigMap.
    """
    fields = {key: value for key, value in record.items() if key not in ("name", "created", "kind")}
    texts = {key: text_of(value) if isinstance(value, datetime) else value for key, value in fields.items()}
    return {**form(kind), **texts}


def form(kind: str) -> dict[str, str]:
    """Return apiVersion and kind of a document."""
    return {"apiVersion": API_VERSION, "kind": kind}


def parsed(obj: Obj, file: str, kind: str, read: Callable[[dict[str, Any]], T]) -> T:
    """Return the result of ``read`` for the document of a kind in the key ``file`` of a ConfigMap.

    ``read`` gets the fields of the document, and ``name`` and ``created`` of the ConfigMap.

    Raises:
        Unreadable: the ConfigMap contains none, or one of another format; or ``read`` raised that a field is
            missing (KeyError) or of another type or value.
    """
    name = str(obj["metadata"]["name"])
    try:
        fields = json.loads((obj.get("data") or {})[file])
        if {key: fields[key] for key in form(kind)} != form(kind):
            raise Unreadable(name)
        return read({**fields, "name": name, "created": created(obj)})
    except (KeyError, TypeError, ValueError) as error:
        raise Unreadable(name) from error


def listed(
    client: Client, namespace: str, label: str, parse: Callable[[Obj], T]
) -> tuple[list[T], list[str]]:
    """Return the records of a namespace with a label, and the names of ConfigMaps that do not contain one.

    Raises:
        PkgopsError: they cannot be read.
    """
    found, unreadable = [], []
    for obj in client.list("v1", "ConfigMap", namespace, labels=label).items:
        try:
            found.append(parse(obj))
        except Unreadable as error:
            unreadable.append(str(error))
    return found, unreadable


def name_of(workload: str, room: int, kind: str, own: str) -> str:
    """Return the name of a record: that of its workload, shortened to ``room``, its kind, and its own part.

    The workload is given as namespace and name.
    """
    return f"{workload.rpartition('/')[2][:room].rstrip('-.')}-{kind}-{own}"


def created(obj: Obj) -> datetime | None:
    """Return when an object was made, by the cluster's clock; None before that.

    Raises:
        ValueError: its timestamp is no time.
    """
    text = str(obj["metadata"].get("creationTimestamp") or "")
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC) if text else None


def text_of(moment: datetime) -> str:
    """Return a moment with its microseconds, as Kubernetes writes its MicroTime."""
    return moment.astimezone(UTC).strftime(_MOMENT)


def moment_of(text: str) -> datetime:
    """Return the moment that :func:`text_of` wrote.

    Raises:
        ValueError: it is not a record.
    """
    return datetime.strptime(text, _MOMENT).replace(tzinfo=UTC)


def complete(client: Client, obj: Obj) -> None:
    """Write the end of a record into its ConfigMap, which is immutable then.

    Raises:
        ApiError: it cannot be written.
    """
    meta = obj["metadata"]
    changed = {"data": obj["data"], "immutable": True}
    client.patch("v1", "ConfigMap", meta["name"], meta["namespace"], changed)


def create(client: Client, obj: Obj) -> None:
    """Create a ConfigMap of a unique name: one that exists already was created by this request.

    Raises:
        ApiError: it cannot be made.
    """
    try:
        client.create(obj)
    except Unreachable:
        # Whether it was created before the connection broke is unknown.
        with contextlib.suppress(AlreadyExists):
            client.create(obj)
