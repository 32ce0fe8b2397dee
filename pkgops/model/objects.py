"""The identity of an object, and what it reports."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pkgops.values import Value


class ObjectRef(Value):
    """The identity of one Kubernetes object; ``namespace`` is empty for cluster-scoped kinds."""

    api_version: str
    kind: str
    namespace: str
    name: str

    @classmethod
    def of(cls, obj: dict[str, Any]) -> ObjectRef:
        """Return the reference of a whole object."""
        meta = obj.get("metadata", {})
        return cls(
            obj.get("apiVersion", ""), obj.get("kind", ""), meta.get("namespace", ""), meta.get("name", "")
        )

    @property
    def group(self) -> str:
        """The API group; empty for core kinds."""
        return self.api_version.rpartition("/")[0]

    @property
    def key(self) -> tuple[str, str, str, str]:
        """Group, kind, namespace, name: equal for every served version of the same object."""
        return self.group, self.kind, self.namespace, self.name

    @property
    def qualified(self) -> str:
        """``kind.group/name``: unambiguous for kubectl where two kinds have one name (``service``)."""
        kind = f"{self.kind.lower()}.{self.group}" if self.group else self.kind.lower()
        return f"{kind}/{self.name}"

    def __str__(self) -> str:
        """``kind/name``, without the namespace, for messages."""
        return f"{self.kind.lower()}/{self.name}"


class Condition(Value, kw_only=True):
    """One entry of ``status.conditions``; ``since`` is its lastTransitionTime where the kind has one."""

    type: str
    status: str
    reason: str = ""
    message: str = ""
    since: datetime | None = None

    def __str__(self) -> str:
        """``Type=Status Reason: message``, for messages."""
        text = f"{self.type}={self.status}"
        text += f" {self.reason}" if self.reason else ""
        return f"{text}: {self.message}" if self.message else text


class ImageRef(Value):
    """An image reference as it was written: not validated, without defaults filled in.

    ``name`` is the repository, with its registry where one is written; ``tag`` and ``digest`` may be empty.
    A reference for requests to a registry is :class:`pkgops.oci.ImageRef`.
    """

    name: str
    tag: str = ""
    digest: str = ""

    @classmethod
    def parse(cls, text: str) -> ImageRef:
        """Split ``registry/repo:tag@sha256:hex``; a port is not a tag."""
        name, _, digest = text.strip().partition("@")
        head, slash, tail = name.rpartition("/")
        tail, _, tag = tail.partition(":")
        return cls(head + slash + tail, tag, digest)

    def __str__(self) -> str:
        """The reference as text: ``registry/repo:tag@digest``."""
        text = f"{self.name}:{self.tag}" if self.tag else self.name
        return f"{text}@{self.digest}" if self.digest else text
