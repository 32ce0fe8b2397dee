"""The GitRepository controller: fetches commits and serves them as artifacts."""

from __future__ import annotations

import json
from copy import deepcopy
from functools import partial
from math import isfinite
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from pkgops.kube import Obj
from pkgops.platform.conditions import condition_of, condition_status, timestamp
from pkgops.platform.durations import parse_duration
from pkgops.platform.fieldsupport import refusal
from pkgops.platform.flux.archive import build_archive, missing_folders
from pkgops.platform.flux.conditions import Conditions
from pkgops.platform.flux.gitauth import git_auth
from pkgops.platform.flux.objects import (
    add_finalizer,
    drop_finalizer,
    initial_conditions,
    is_failing,
    is_new,
    requested_at,
    with_handled_request,
)
from pkgops.platform.flux.refs import select
from pkgops.platform.flux.schedule import Schedule
from pkgops.platform.flux.storage import Storage
from pkgops.platform.gitcheckout import Checkout, GitError
from pkgops.platform.gitsource import fetch
from pkgops.platform.queue import Key
from pkgops.platform.runtime import Platform

API, KIND = "source.toolkit.fluxcd.io/v1", "GitRepository"
COMPONENT = "source-controller"
DEFAULT_TIMEOUT = "60s"
NO_FOLDER = (
    "failed to sparse checkout directories : sparse checkout dir '{0}' does not exist in repository: "
    "lstat {0}: no such file or directory"
)
# Failures that are not retried until the spec changes.
_STALLING = ("URLInvalid", "UnsupportedField")
_OBSERVATIONS = ("observedIgnore", "observedSparseCheckout")


class GitRepositories:
    """Reconciles GitRepositories."""

    def __init__(self, platform: Platform, storage: Storage, schedule: Schedule) -> None:
        self._platform = platform
        self._storage = storage
        self._schedule = schedule

    def reconcile(self, key: Key) -> float | None:
        """Fetch new commits if that is due; return the seconds until the next reconciliation."""
        known = self._platform.get(API, KIND, key.name, key.namespace)
        if known is None:
            self._schedule.forget(key)
            return None
        if known["metadata"].get("deletionTimestamp"):
            self._storage.drop(key.namespace, key.name)
            drop_finalizer(self._platform.client, known)
            return None
        if known["spec"].get("suspend"):
            return None
        wait = self._schedule.wait(key)
        if wait and not self._is_requested(known):
            return wait if isfinite(wait) else None
        with self._schedule.attempt(key):
            repository = self._platform.observe(add_finalizer(self._platform.client, deepcopy(known)))
            return self._reconcile(key, repository)

    def on_push(self, body: bytes) -> list[Key]:
        """Make the GitRepositories of a pushed repository due, and return their keys."""
        pushed = str(json.loads(body or b"{}").get("repository", ""))
        keys = [
            Key(obj["metadata"]["namespace"], obj["metadata"]["name"])
            for obj in self._platform.list(API, KIND)
            if pushed in ("", repository_name(obj["spec"]["url"]))
        ]
        for key in keys:
            self._schedule.make_due(key)
        return keys

    def _is_requested(self, repository: Obj) -> bool:
        """Return whether to reconcile before the interval, or the back-off after a failure, has passed."""
        artifact = (repository.get("status") or {}).get("artifact")
        missing = artifact and not (self._storage.root / artifact["path"]).is_file()
        changed = (condition_of(repository) or {}).get("observedGeneration") != repository["metadata"].get(
            "generation", 1
        )
        return bool(requested_at(repository) or missing or changed)

    def _reconcile(self, key: Key, repository: Obj) -> float | None:
        conditions = initial_conditions(repository, self._platform.now)
        interval = parse_duration(repository["spec"]["interval"])
        if not is_failing(repository):
            repository = self._save(repository, conditions)
        try:
            refuse_unsupported(repository)
            status = self._update(repository, conditions)
        except GitError as error:
            return self._failed(key, repository, conditions, error)
        status["observedGeneration"] = repository["metadata"].get("generation", 1)
        self._save(repository, conditions, with_handled_request(repository, status))
        return self._schedule.succeeded(key, interval)

    def _update(self, repository: Obj, conditions: Conditions) -> Obj:
        """Fetch the commit if it changed, store the artifact, and return the new status."""
        status = dict(repository.get("status") or {})
        artifact = status.get("artifact") or {}
        if artifact:
            # The address of the artifact server may have changed since.
            artifact = status["artifact"] = {**artifact, "url": self._storage.url(artifact["path"])}
        intact = bool(artifact) and self._storage.has(artifact["path"], artifact["digest"])
        if not intact:
            lost = ": disappeared from storage" if artifact else ""
            if not is_failing(repository):
                conditions.progress(f"building artifact{lost}")
                conditions.drop("ArtifactInStorage")
                repository = self._save(repository, conditions)
        same_content = intact and not is_new(repository)
        checkout = self._fetch(repository, artifact.get("revision", "") if same_content else "")
        if checkout is None:
            self._unchanged(repository, conditions, artifact["revision"])
            return status
        kept = {key: value for key, value in status.items() if key not in _OBSERVATIONS}
        return {**kept, **self._store(repository, conditions, checkout)}

    def _fetch(self, repository: Obj, unless: str) -> Checkout | None:
        spec = repository["spec"]
        auth = git_auth(self._platform.client, repository)
        timeout = parse_duration(spec.get("timeout") or DEFAULT_TIMEOUT)
        try:
            return fetch(spec["url"], partial(select, ref=spec.get("ref") or {}), auth, timeout, unless)
        except GitError as error:
            if error.reason == "GitOperationFailed":
                error.message = f"failed to checkout and determine revision: {error.message}"
            raise

    def _store(self, repository: Obj, conditions: Conditions, checkout: Checkout) -> Obj:
        spec, meta = repository["spec"], repository["metadata"]
        before = (repository.get("status") or {}).get("artifact") or {}
        folders = spec.get("sparseCheckout") or []
        for missing in missing_folders(checkout.files, folders):
            raise GitError(NO_FOLDER.format(missing))
        archive = build_archive(checkout.files, spec.get("ignore"), folders)
        stored = self._storage.write(meta["namespace"], meta["name"], checkout.commit, archive)
        if (before.get("revision"), before.get("digest")) == (checkout.revision, stored.digest):
            self._unchanged(repository, conditions, checkout.revision)
            return _observations(spec)
        self._report_revision(repository, conditions, checkout, renewed=bool(before))
        artifact = {
            "digest": stored.digest,
            "lastUpdateTime": timestamp(self._platform.now()),
            "path": stored.path,
            "revision": checkout.revision,
            "size": stored.size,
            "url": self._storage.url(stored.path),
        }
        self._collect(repository, stored.path)
        return {"artifact": artifact, **_observations(spec)}

    def _report_revision(
        self, repository: Obj, conditions: Conditions, checkout: Checkout, *, renewed: bool
    ) -> None:
        description = f"new upstream revision '{checkout.revision}'"
        conditions.drop("FetchFailed")
        conditions.progress(f"building artifact: {description}")
        if renewed:
            conditions.set("ArtifactOutdated", "True", "NewRevision", description)
        self._save(repository, conditions)
        conditions.succeed(f"stored artifact for revision '{checkout.revision}'", "ArtifactInStorage")
        title = checkout.message.partition("\n")[0]
        self._event(repository, "Normal", "NewArtifact", f"stored artifact for commit '{title}'")

    def _unchanged(self, repository: Obj, conditions: Conditions, revision: str) -> None:
        recovered = condition_status(repository) == "False"
        conditions.succeed(f"stored artifact for revision '{revision}'", "ArtifactInStorage")
        reason, message = (
            "GitOperationSucceeded",
            f"no changes since last reconciliation: observed revision '{revision}'",
        )
        if recovered:
            reason, message = "Succeeded", f"stored artifact for revision '{revision}'"
        self._event(repository, "Normal", reason, message)

    def _collect(self, repository: Obj, current: str) -> None:
        meta = repository["metadata"]
        now = self._platform.now().timestamp()
        deleted = self._storage.collect(meta["namespace"], meta["name"], current, now)
        if deleted:
            message = f"garbage collected {deleted} artifacts"
            self._event(repository, "Normal", "GarbageCollectionSucceeded", message)

    def _failed(self, key: Key, repository: Obj, conditions: Conditions, error: GitError) -> float | None:
        status = with_handled_request(repository, dict(repository.get("status") or {}))
        self._event(repository, "Warning", error.reason, error.message)
        if error.reason in _STALLING:
            conditions.stall(error.reason, error.message, "FetchFailed")
            self._save(repository, conditions, status)
            self._schedule.stalled(key)
            return None
        conditions.fail(error.reason, error.message, "FetchFailed")
        self._save(repository, conditions, status)
        return self._schedule.failed(key)

    def _save(self, repository: Obj, conditions: Conditions, status: Obj | None = None) -> Obj:
        current = status if status is not None else dict(repository.get("status") or {})
        return self._platform.save_status(repository, {**current, "conditions": conditions.list()})

    def _event(self, repository: Obj, type: str, reason: str, message: str) -> None:
        self._platform.event(repository, type, reason, message, COMPONENT)


def repository_name(url: str) -> str:
    """Return the last part of a repository's address without ``.git``."""
    return PurePosixPath(urlsplit(url).path).name.removesuffix(".git")


def _observations(spec: Obj) -> Obj:
    observed: Obj = {}
    if spec.get("ignore") is not None:
        observed["observedIgnore"] = spec["ignore"]
    if spec.get("sparseCheckout"):
        observed["observedSparseCheckout"] = spec["sparseCheckout"]
    return observed


def refuse_unsupported(repository: Obj) -> None:
    """Refuse a GitRepository with fields that are not supported, such as verification.

    Raises:
        GitError: such a field is set.
    """
    refused = refusal("flux", repository)
    if refused:
        raise GitError(refused, "UnsupportedField")
