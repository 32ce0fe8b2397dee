"""The ImageRepository controller: scans the tags of an image and stores them."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from datetime import datetime
from math import isfinite
from pathlib import Path

from pkgops.errors import PkgopsError
from pkgops.kube import Client, Obj, raise_temporary
from pkgops.oci import ImageRef, RegistryClient
from pkgops.platform.conditions import condition_of, condition_status, timestamp
from pkgops.platform.durations import format_duration, parse_duration
from pkgops.platform.fieldsupport import refusal
from pkgops.platform.flux.conditions import Conditions
from pkgops.platform.flux.objects import (
    add_finalizer,
    drop_finalizer,
    initial_conditions,
    is_failing,
    is_new,
    requested_at,
    with_handled_request,
)
from pkgops.platform.flux.registry import AuthError, canonical_name, registry_client
from pkgops.platform.flux.schedule import Schedule
from pkgops.platform.flux.tags import (
    DEFAULT_EXCLUSIONS,
    LATEST_TAGS,
    BadExclusion,
    TagDatabase,
    checksum,
    exclude,
    image_problem,
)
from pkgops.platform.queue import Key
from pkgops.platform.runtime import Platform

API, KIND = "image.toolkit.fluxcd.io/v1", "ImageRepository"
COMPONENT = "image-reflector-controller"

# (cluster, ImageRepository, folder for certificates, seconds) -> registry client
MakeClient = Callable[[Client, Obj, Path, float], RegistryClient]

# A registry sends the notification of a manifest before it writes the tag: if the scan after a push finds no
# new tag, the image is scanned once more after this time.
TAG_SECONDS = 1.0
# The timeout of a scan without ``timeout``. Flux uses the whole interval; then a lost response would delay
# the reaction to pushes for that long.
LONGEST_TIMEOUT_SECONDS = 60.0


class ImageRepositories:
    """Reconciles ImageRepositories."""

    def __init__(
        self,
        platform: Platform,
        tags: TagDatabase,
        schedule: Schedule,
        make_client: MakeClient = registry_client,
    ) -> None:
        self._platform = platform
        self._tags = tags
        self._schedule = schedule
        self._make_client = make_client
        self._rescanned: set[Key] = set()

    def reconcile(self, key: Key) -> float | None:
        """Scan the image if that is due; return the seconds until the next reconciliation."""
        known = self._platform.get(API, KIND, key.name, key.namespace)
        if known is None:
            self._schedule.forget(key)
            self._rescanned.discard(key)
            return None
        if known["metadata"].get("deletionTimestamp"):
            drop_finalizer(self._platform.client, known)
            return None
        if known["spec"].get("suspend"):
            return None
        wait = self._schedule.wait(key)
        if wait and not _is_requested(known):
            return wait if isfinite(wait) else None
        with self._schedule.attempt(key) as pushed:
            repository = self._platform.observe(add_finalizer(self._platform.client, deepcopy(known)))
            return self._reconcile(key, repository, pushed=pushed)

    def on_push(self, body: bytes) -> list[Key]:
        """Make the ImageRepositories of pushed images due, and return their keys.

        The body is the envelope of the distribution registry's notifications.
        """
        pushed = pushed_images(body, self._platform.config.registry)
        keys = [
            Key(obj["metadata"]["namespace"], obj["metadata"]["name"])
            for obj in self._platform.list(API, KIND)
            if obj["spec"]["image"] in pushed
        ]
        for key in keys:
            self._schedule.make_due(key)
        return keys

    def _reconcile(self, key: Key, repository: Obj, *, pushed: bool) -> float | None:
        conditions = initial_conditions(repository, self._platform.now)
        problem = problem_of(repository)
        if problem:
            self._stalled(key, repository, conditions, *problem)
            return None
        failing = is_failing(repository)
        if not failing:
            repository = self._save(repository, conditions)
        reason = "new tags were pushed" if pushed else self._scan_reason(repository)
        if not reason:
            conditions.drop("Reconciling")
            self._save(repository, conditions, with_handled_request(repository, dict(repository["status"])))
            return self._schedule.succeeded(key, self._seconds_left(repository))
        conditions.progress(f"scanning: {reason}", ready=condition_status(repository) != "False")
        if not failing:
            repository = self._save(repository, conditions)
        try:
            tags = self._scan(repository)
        except AuthError as error:
            return self._failed(key, repository, conditions, "AuthenticationFailed", str(error))
        except (PkgopsError, BadExclusion) as error:
            raise_temporary(error)
            text = error.what if isinstance(error, PkgopsError) else str(error)
            return self._failed(key, repository, conditions, "ReadOperationFailed", f"scan failed: {text}")
        return self._succeeded(key, repository, conditions, tags, pushed=pushed)

    def _scan(self, repository: Obj) -> list[str]:
        spec = repository["spec"]
        ref = ImageRef.parse(spec["image"])
        folder = self._platform.config.data_dir / "certificates"
        client = self._make_client(self._platform.client, repository, folder, request_timeout(spec))
        tags = exclude(client.tags(ref), spec.get("exclusionList") or DEFAULT_EXCLUSIONS)
        self._tags.write(canonical_name(spec["image"]), tags)
        return tags

    def _scan_reason(self, repository: Obj) -> str:
        """Return the reason for a scan, as Flux logs it; empty if none is due."""
        status, spec = repository.get("status") or {}, repository["spec"]
        canonical = canonical_name(spec["image"])
        if not status.get("lastScanResult"):
            return "first scan"
        if requested_at(repository):
            return "reconcile requested"
        if status.get("canonicalImageName") != canonical:
            return "new image name"
        if status.get("observedExclusionList") != list(spec.get("exclusionList") or DEFAULT_EXCLUSIONS):
            return "updated exclusion list"
        if self._tags.read(canonical) is None:
            return "no tags in database"
        return "" if self._seconds_left(repository) > 0 else "triggered by interval"

    def _seconds_left(self, repository: Obj) -> float:
        scanned = repository["status"]["lastScanResult"]["scanTime"]
        passed = (self._platform.now() - datetime.fromisoformat(scanned)).total_seconds()
        return parse_duration(repository["spec"]["interval"]) - passed

    def _succeeded(
        self, key: Key, repository: Obj, conditions: Conditions, tags: list[str], *, pushed: bool
    ) -> float:
        spec, before = repository["spec"], dict(repository.get("status") or {})
        revision, interval = checksum(tags), parse_duration(spec["interval"])
        message = f"successful scan: found {len(tags)} tags with checksum {revision}"
        conditions.succeed(message)
        status = {
            **before,
            "observedGeneration": repository["metadata"].get("generation", 1),
            "canonicalImageName": canonical_name(spec["image"]),
            "observedExclusionList": list(spec.get("exclusionList") or DEFAULT_EXCLUSIONS),
            "lastScanResult": {
                "revision": revision,
                "scanTime": timestamp(self._platform.now()),
                "tagCount": len(tags),
                **({"latestTags": tags[:LATEST_TAGS]} if tags else {}),
            },
        }
        unchanged = (before.get("lastScanResult") or {}).get("revision") == revision
        if unchanged:
            message = f"tags did not change, next scan in {format_duration(interval)}"
        self._event(repository, "Normal", "Succeeded", message)
        self._save(repository, conditions, with_handled_request(repository, status))
        seconds = self._schedule.succeeded(key, interval)
        if pushed and (unchanged or not tags) and key not in self._rescanned:
            self._rescanned.add(key)
            self._schedule.make_due(key)
            return TAG_SECONDS
        self._rescanned.discard(key)
        return seconds

    def _failed(self, key: Key, repository: Obj, conditions: Conditions, reason: str, message: str) -> float:
        conditions.fail(reason, message)
        self._event(repository, "Warning", reason, message)
        status = with_handled_request(repository, dict(repository.get("status") or {}))
        self._save(repository, conditions, status)
        return self._schedule.failed(key)

    def _stalled(self, key: Key, repository: Obj, conditions: Conditions, reason: str, message: str) -> None:
        conditions.stall(reason, message)
        self._event(repository, "Warning", reason, message)
        status = with_handled_request(repository, dict(repository.get("status") or {}))
        self._save(repository, conditions, status)
        self._schedule.stalled(key)

    def _save(self, repository: Obj, conditions: Conditions, status: Obj | None = None) -> Obj:
        current = status if status is not None else dict(repository.get("status") or {})
        return self._platform.save_status(repository, {**current, "conditions": conditions.list()})

    def _event(self, repository: Obj, type: str, reason: str, message: str) -> None:
        self._platform.event(repository, type, reason, message, COMPONENT)


def problem_of(repository: Obj) -> tuple[str, str] | None:
    """Return reason and message why the spec is invalid or not supported, None if it is neither."""
    invalid, refused = image_problem(repository["spec"]["image"]), refusal("flux", repository)
    if invalid:
        return "ImageURLInvalid", invalid
    return ("UnsupportedField", refused) if refused else None


def request_timeout(spec: Obj) -> float:
    """Return the timeout of one request to the registry in seconds."""
    if spec.get("timeout"):
        return max(1.0, parse_duration(spec["timeout"]))
    return min(LONGEST_TIMEOUT_SECONDS, max(1.0, parse_duration(spec["interval"])))


def pushed_images(body: bytes, registry: str) -> set[str]:
    """Return the pushed images in the envelope of a registry's notifications."""
    events = json.loads(body or b"{}").get("events") or []
    names = {
        event.get("target", {}).get("repository", "") for event in events if event.get("action") == "push"
    }
    return {f"{registry}/{name}" for name in names if name}


def _is_requested(repository: Obj) -> bool:
    changed = (condition_of(repository) or {}).get("observedGeneration") != repository["metadata"].get(
        "generation", 1
    )
    return bool(requested_at(repository) or (is_new(repository) and changed))
