"""Apply stamped objects as a service account: the API requests of stamping."""

from __future__ import annotations

import hashlib
import logging
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime

from pkgops.errors import PkgopsError
from pkgops.formats import gojson
from pkgops.kube import Client, NotFound, Obj, Resource, is_temporary
from pkgops.platform.carto.labels import selector
from pkgops.platform.carto.merge import MANAGER, merge_patch, same
from pkgops.platform.carto.retention import STAMP_ANNOTATION, age_order

log = logging.getLogger(__name__)


class Rejected(Exception):
    """The API server refused a request; ``step`` is upstream's text before the server's message."""

    def __init__(self, step: str, cause: PkgopsError) -> None:
        super().__init__(step)
        self.step = step
        self.cause = cause


class ListRefused(Rejected):
    """The objects of an immutable lifecycle cannot be listed."""


@dataclass(frozen=True, slots=True)
class Applied:
    """An object as the API server returned it; ``written`` is ``Created``, ``Patched`` or empty."""

    object: Obj
    written: str
    plural: str


class Stamper:
    """Applies objects with the permissions of one service account."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def apply(self, rendered: Obj) -> Applied:
        """Create or patch a mutable object to match its rendering; nothing is sent if it does already.

        Raises:
            Rejected: the API server refused.
        """
        meta = rendered["metadata"]
        name, namespace = str(meta.get("name") or ""), str(meta["namespace"])
        reading = f"failed to get unstructured [{namespace}/{name}] from api server: "
        resource = self._resource(rendered, reading)
        if not name:
            raise Rejected(reading, PkgopsError("resource name may not be empty"))
        desired = _scoped(rendered, resource)
        live = self._find(desired, name, reading)
        if live is None:
            return Applied(self._create(desired), "Created", plural_group(resource))
        patched, written = self._patch(live, desired)
        return Applied(patched, written, plural_group(resource))

    def stamp(self, rendered: Obj, listed: list[Obj], now: datetime) -> Applied:
        """Return the object of an immutable rendering: the newest one if it has its digest, else a new one.

        Args:
            rendered: the rendering.
            listed: the objects that were stamped before, in any order.
            now: the current time.

        Raises:
            Rejected: the API server refused.
        """
        resource = self._resource(rendered, "")
        digest = rendering_digest(rendered)
        # A copy of a run that another client created has the same labels, but no annotation.
        newest = max(filter(_stamp_annotation, listed), key=age_order, default=None)
        if newest is not None and stamped_from(newest, digest) and not _respecified(newest, rendered):
            return Applied(newest, "", plural_group(resource))
        annotated = _scoped(rendered, resource)
        annotations = annotated["metadata"].get("annotations") or {}
        annotation = f"{now.isoformat(timespec='microseconds')} {digest}"
        annotated["metadata"]["annotations"] = {**annotations, STAMP_ANNOTATION: annotation}
        return Applied(self._create(annotated), "Created", plural_group(resource))

    def list(self, like: Obj, labels: dict[str, str]) -> list[Obj]:
        """Return the objects of the kind and namespace of ``like`` that carry labels.

        Raises:
            ListRefused: the API server refused.
        """
        namespace = like["metadata"]["namespace"]
        try:
            listing = self._client.list(
                str(like.get("apiVersion")), str(like.get("kind")), namespace, labels=selector(labels)
            )
        except NotFound:
            raise Rejected("", _no_match(like)) from None
        except PkgopsError as error:
            raise _rejection("", error, ListRefused) from None
        return listing.items

    def delete(self, obj: Obj) -> None:
        """Delete an object; a refusal is logged only, as upstream."""
        meta = obj["metadata"]
        try:
            self._client.delete(obj["apiVersion"], obj["kind"], meta["name"], meta.get("namespace", ""))
        except PkgopsError as error:
            log.warning("cannot delete %s %s: %s", obj["kind"], meta["name"], error)

    def _resource(self, obj: Obj, step: str) -> Resource:
        try:
            return self._client.resource(str(obj.get("apiVersion")), str(obj.get("kind")))
        except NotFound:
            raise Rejected(step, _no_match(obj)) from None

    def _find(self, desired: Obj, name: str, step: str) -> Obj | None:
        namespace = desired["metadata"].get("namespace", "")
        try:
            return self._client.get(desired["apiVersion"], desired["kind"], name, namespace)
        except NotFound:
            return None
        except PkgopsError as error:
            raise _rejection(step, error) from None

    def _create(self, desired: Obj) -> Obj:
        try:
            return self._client.create(desired, manager=MANAGER)
        except PkgopsError as error:
            raise _rejection("create: ", error) from None

    def _patch(self, live: Obj, desired: Obj) -> tuple[Obj, str]:
        patch = merge_patch(live, desired)
        if not patch:
            return live, ""
        meta = live["metadata"]
        try:
            done = self._client.patch(
                live["apiVersion"],
                live["kind"],
                meta["name"],
                meta.get("namespace", ""),
                patch,
                manager=MANAGER,
            )
        except PkgopsError as error:
            raise _rejection("patch: ", error) from None
        # A field that the server normalizes (quantities, empty maps) is sent each time but changes nothing.
        changed = done["metadata"]["resourceVersion"] != meta["resourceVersion"]
        return done, "Patched" if changed else ""


def rendering_digest(rendered: Obj) -> str:
    """Return the digest of a rendering."""
    return f"sha256:{hashlib.sha256(gojson.to_json(rendered).encode()).hexdigest()}"


def stamped_from(obj: Obj, digest: str) -> bool:
    """Return whether an object was created from the rendering of a digest."""
    return _stamp_annotation(obj).endswith(f" {digest}")


def _stamp_annotation(obj: Obj) -> str:
    return str((obj["metadata"].get("annotations") or {}).get(STAMP_ANNOTATION, ""))


def plural_group(resource: Resource) -> str:
    """Return ``<plural>.<group>``; the plural alone for the core group."""
    return f"{resource.plural}.{resource.group}" if resource.group else resource.plural


def _respecified(obj: Obj, rendered: Obj) -> bool:
    """Return whether a rendered field was changed since; fields that others added are not compared."""
    if obj["metadata"].get("generation", 1) == 1:
        return False
    live, desired = obj.get("spec") or {}, rendered.get("spec") or {}
    return any(not same(value, live.get(key)) for key, value in desired.items())


def _scoped(rendered: Obj, resource: Resource) -> Obj:
    desired = deepcopy(rendered)
    if not resource.namespaced:
        desired["metadata"].pop("namespace", None)
    return desired


def _no_match(obj: Obj) -> PkgopsError:
    return PkgopsError(f'no matches for kind "{obj.get("kind")}" in version "{obj.get("apiVersion")}"')


def _rejection(step: str, error: PkgopsError, kind: type[Rejected] = Rejected) -> Exception:
    """Return the exception of a refusal; a temporary error is no refusal and is returned unchanged."""
    return error if is_temporary(error) else kind(step, error)
