"""kapp's records of an app: one ConfigMap for it, one for each change of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from pkgops.kapp.errors import KappError
from pkgops.kapp.identity import APP_LABEL, IS_APP_LABEL, Obj, group, kind

MIGRATED_SUFFIX = ".apps.k14s.io"
USE_APP_LABEL = "kapp.k14s.io/app-changes-use-app-label"
IS_CHANGE = "kapp.k14s.io/is-app-change"
CHANGE_APP = "kapp.k14s.io/app-change-app"
CHANGE_APP_LABEL = "kapp.k14s.io/app-change-app-label"
ZERO_TIME = "0001-01-01T00:00:00Z"

GroupKind = tuple[str, str]
GroupVersion = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeMeta:
    """One change of an app; times are RFC 3339 texts, :data:`ZERO_TIME` where they are not known yet."""

    started_at: str = ZERO_TIME
    finished_at: str = ZERO_TIME
    successful: bool | None = None
    description: str = ""
    namespaces: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the document in kapp's order of keys."""
        document: dict[str, Any] = {"startedAt": self.started_at, "finishedAt": self.finished_at}
        if self.successful is not None:
            document["successful"] = self.successful
        if self.description:
            document["description"] = self.description
        if self.namespaces:
            document["namespaces"] = list(self.namespaces)
        return document

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> ChangeMeta:
        """Return the change of a document that kapp wrote."""
        return cls(
            started_at=str(document.get("startedAt") or ZERO_TIME),
            finished_at=str(document.get("finishedAt") or ZERO_TIME),
            successful=document.get("successful"),
            description=str(document.get("description") or ""),
            namespaces=tuple(document.get("namespaces") or ()),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AppMeta:
    """The record of an app.

    Attributes:
        label_value: the value of ``kapp.k14s.io/app`` on all its resources.
        label_key: the key of that label.
        last_change_name: the ConfigMap of the newest change.
        last_change: the newest change.
        used_gvs: (group, version) pairs in use.
        used_gks: (group, kind) pairs in use; None in records of old versions.
    """

    label_value: str
    label_key: str = APP_LABEL
    last_change_name: str = ""
    last_change: ChangeMeta = field(default_factory=ChangeMeta)
    used_gvs: tuple[GroupVersion, ...] = ()
    used_gks: tuple[GroupKind, ...] | None = ()

    def to_json(self) -> str:
        """Return the text of the ConfigMap's ``spec`` key."""
        document: dict[str, Any] = {"labelKey": self.label_key, "labelValue": self.label_value}
        if self.last_change_name:
            document["lastChangeName"] = self.last_change_name
        document["lastChange"] = self.last_change.to_json()
        if self.used_gvs:
            document["usedGVs"] = [{"Group": one, "Version": two} for one, two in self.used_gvs]
        if self.used_gks is not None:
            document["usedGKs"] = [{"Group": one, "Kind": two} for one, two in self.used_gks]
        return json.dumps(document, separators=(",", ":"), ensure_ascii=False)

    @classmethod
    def from_config_map(cls, config_map: Obj) -> AppMeta:
        """Return the record of an app.

        Raises:
            KappError: the ConfigMap contains no such record.
        """
        try:
            document = json.loads((config_map.get("data") or {})["spec"])
            gks = document.get("usedGKs")
            return cls(
                label_value=str(document["labelValue"]),
                label_key=str(document["labelKey"]),
                last_change_name=str(document.get("lastChangeName") or ""),
                last_change=ChangeMeta.from_json(document.get("lastChange") or {}),
                used_gvs=tuple((item["Group"], item["Version"]) for item in document.get("usedGVs") or ()),
                used_gks=None if gks is None else tuple((item["Group"], item["Kind"]) for item in gks),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise KappError(f"Parsing app metadata: {error}") from error

    @property
    def selector(self) -> str:
        """The label selector of all resources of the app."""
        return f"{self.label_key}={self.label_value}"

    def using(self, objects: Iterable[Obj]) -> AppMeta:
        """Return the record with exactly the groups, versions and kinds of these resources."""
        found = list(objects)
        versions = {(group(obj), str(obj["apiVersion"]).rpartition("/")[2]) for obj in found}
        kinds = {(group(obj), kind(obj)) for obj in found}
        return replace(
            self,
            used_gvs=tuple(sorted(versions, key="".join)),
            used_gks=tuple(sorted(kinds, key="".join)),
        )


def new_app(now: datetime) -> AppMeta:
    """Return the record of an app that does not exist yet; its label is the time in nanoseconds."""
    return AppMeta(label_value=str(int(now.timestamp() * 1_000_000) * 1000))


def app_config_map(name: str, namespace: str, meta: AppMeta, labels: Mapping[str, str] | None = None) -> Obj:
    """Return the ConfigMap that records an app, with additional labels.

    Raises:
        KappError: one of them is kapp's, with another value.
    """
    metadata = {
        "name": name,
        "namespace": namespace,
        "labels": {IS_APP_LABEL: ""},
        "annotations": {USE_APP_LABEL: ""},
    }
    data = {"spec": meta.to_json()}
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": labelled(metadata, labels or {}),
        "data": data,
    }


def labelled(metadata: Obj, labels: Mapping[str, str]) -> Obj:
    """Return metadata with additional labels.

    Raises:
        KappError: it has one of them with another value.
    """
    before = metadata.get("labels") or {}
    for key, value in labels.items():
        if before.get(key, value) != value:
            raise KappError(f"Expected label '{key}' value to remain same")
    return {**metadata, "labels": {**before, **labels}}


def change_config_map(name: str, namespace: str, meta: AppMeta, change: ChangeMeta) -> Obj:
    """Return the ConfigMap that records one change; the server completes its name."""
    labels = {IS_CHANGE: "", CHANGE_APP_LABEL: meta.label_value}
    if len(name) <= 63:
        labels[CHANGE_APP] = name
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"generateName": f"{name}-change-", "namespace": namespace, "labels": labels},
        "data": change_data(change),
    }


def change_data(change: ChangeMeta) -> dict[str, str]:
    """Return the ``data`` of a change's ConfigMap."""
    return {"spec": json.dumps(change.to_json(), separators=(",", ":"), ensure_ascii=False)}


def timestamp(now: datetime) -> str:
    """Return a time as Go writes it (RFC 3339 with a fraction where there is one)."""
    text = now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f").rstrip("0").rstrip(".")
    return f"{text}Z"
