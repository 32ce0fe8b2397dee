"""Reconcile SourceResolvers: resolve Git revisions to commits every minute, copy other sources."""

from __future__ import annotations

import logging

import urllib3

from pkgops.kube import NotFound, Obj
from pkgops.platform.kpack import gitrefs, names
from pkgops.platform.kpack.conditions import ConditionUpdate, conditions
from pkgops.platform.kpack.credentials import read_account
from pkgops.platform.kpack.gitkeychain import git_credentials
from pkgops.platform.queue import Key
from pkgops.platform.runtime import Platform

log = logging.getLogger(__name__)

POLL_SECONDS = 60.0


class SourceResolvers:
    """Reconciles SourceResolvers."""

    def __init__(self, platform: Platform, pool: urllib3.PoolManager) -> None:
        self._platform, self._pool = platform, pool

    def reconcile(self, key: Key) -> float | None:
        """Resolve one source; a Git source is resolved again after a minute."""
        resolver = self._platform.get(names.API, "SourceResolver", key.name, key.namespace)
        if resolver is None:
            return None
        is_git = "git" in resolver["spec"]["source"]
        try:
            resolved = self._resolve(resolver)
        except gitrefs.GitRefsError as error:
            # kpack writes this to its log only and keeps the resolved commit; before there is one, the
            # revision is used, so that the first build fails with the error.
            log.warning("sourceresolver %s/%s: %s", *key, error)
            if _is_observed(resolver):
                return POLL_SECONDS
            source = resolver["spec"]["source"]
            resolved = _git(source, source["git"]["revision"], "Unknown")
        self._save(resolver, resolved, polling=is_git and resolved["git"]["type"] in ("Branch", "Tag"))
        return POLL_SECONDS if is_git else None

    def _resolve(self, resolver: Obj) -> Obj:
        source = resolver["spec"]["source"]
        if "git" in source:
            git = source["git"]
            credentials = git_credentials(self._secrets(resolver), git["url"])
            commit, kind = gitrefs.resolve(self._pool, git["url"], git["revision"], credentials)
            return _git(source, commit, kind)
        kind = "blob" if "blob" in source else "registry"
        return {kind: {**source[kind], **_sub_path(source)}}

    def _secrets(self, resolver: Obj) -> tuple[Obj, ...]:
        name = names.service_account(resolver["spec"])
        try:
            return read_account(self._platform.client, resolver["metadata"]["namespace"], name).secrets
        except NotFound:
            return ()

    def _save(self, resolver: Obj, source: Obj, *, polling: bool) -> None:
        updates = [
            ConditionUpdate("Ready", "True"),
            ConditionUpdate("ActivePolling", "True" if polling else "False"),
        ]
        before = resolver.get("status", {}).get("conditions") or []
        status = {
            "conditions": conditions(updates, before, self._platform.now()),
            "observedGeneration": resolver["metadata"]["generation"],
            "source": source,
        }
        try:
            self._platform.save_status(resolver, status)
        except NotFound:
            return


def _is_observed(resolver: Obj) -> bool:
    observed = (resolver.get("status") or {}).get("observedGeneration")
    return bool(observed == resolver["metadata"]["generation"])


def _git(source: Obj, commit: str, kind: str) -> Obj:
    return {"git": {**source["git"], "revision": commit, "type": kind, **_sub_path(source)}}


def _sub_path(source: Obj) -> Obj:
    return {"subPath": source["subPath"]} if source.get("subPath") else {}
