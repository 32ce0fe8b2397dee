"""Reconciling SourceResolvers: a Git revision becomes a commit, every minute; the rest is taken as it is."""

from __future__ import annotations

import logging

import urllib3

from pkgops.kube import NotFound, Obj
from pkgops.platform.kpack import gitrefs, names
from pkgops.platform.kpack.conditions import ConditionUpdate, conditions
from pkgops.platform.queue import Key
from pkgops.platform.runtime import Platform

log = logging.getLogger(__name__)

POLL_SECONDS = 60.0


class SourceResolvers:
    """The reconciler of SourceResolvers."""

    def __init__(self, platform: Platform, pool: urllib3.PoolManager) -> None:
        self._platform, self._pool = platform, pool

    def reconcile(self, key: Key) -> float | None:
        """Resolve one source; a Git source is looked at again after a minute."""
        resolver = self._platform.get(names.API, "SourceResolver", key.name, key.namespace)
        if resolver is None:
            return None
        source = resolver["spec"]["source"]
        try:
            found = self._resolve(source)
        except gitrefs.GitRefsError as error:
            # kpack keeps this out of the status; it is in its log, and so in ours.
            log.warning("sourceresolver %s/%s: %s", *key, error)
            return POLL_SECONDS
        self._save(resolver, found, polling="git" in source)
        return POLL_SECONDS if "git" in source else None

    def _resolve(self, source: Obj) -> Obj:
        sub_path = {"subPath": source["subPath"]} if source.get("subPath") else {}
        if "git" in source:
            git = source["git"]
            commit, kind = gitrefs.resolve(self._pool, git["url"], git["revision"])
            return {"git": {"url": git["url"], "revision": commit, "type": kind, **sub_path}}
        kind = "blob" if "blob" in source else "registry"
        return {kind: {**source[kind], **sub_path}}

    def _save(self, resolver: Obj, source: Obj, *, polling: bool) -> None:
        said = [
            ConditionUpdate("Ready", "True"),
            ConditionUpdate("ActivePolling", "True" if polling else "False"),
        ]
        before = resolver.get("status", {}).get("conditions") or []
        status = {
            "conditions": conditions(said, before, self._platform.now()),
            "observedGeneration": resolver["metadata"]["generation"],
            "source": source,
        }
        try:
            self._platform.save_status(resolver, status)
        except NotFound:
            return
