"""Reconcile Builds: each runs one pod, and has its state in the status; a failed Build is never retried."""

from __future__ import annotations

from pkgops.errors import PkgopsError
from pkgops.kube import AlreadyExists, ApiError, NotFound, Obj, raise_temporary
from pkgops.oci import ImageRef, RegistryClient, read_image
from pkgops.platform.kpack import names
from pkgops.platform.kpack.bindings import read_bindings
from pkgops.platform.kpack.builderconfig import BuilderConfig, builder_config
from pkgops.platform.kpack.buildstatus import (
    failed_container,
    failed_status,
    finished,
    has_succeeded,
    refused_status,
    running_status,
    succeeded_status,
)
from pkgops.platform.kpack.credentials import read_account
from pkgops.platform.kpack.pod import PodImages, build_pod, rebase_pod
from pkgops.platform.kpack.scheduling import unscheduled
from pkgops.platform.queue import Key
from pkgops.platform.runtime import Platform


def is_rebase(build: Obj, config: BuilderConfig) -> bool:
    """Return whether a rebase is enough: only the images of the same stack changed."""
    reason = (build["metadata"].get("annotations") or {}).get(names.REASON, "")
    last = build["spec"].get("lastBuild") or {}
    return reason == "STACK" and bool(last.get("image")) and config.stack == last.get("stackId")


class Builds:
    """The reconciler of Builds."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def reconcile(self, key: Key) -> None:
        """Reconcile one Build: create its pod if there is none, and write its status."""
        build = self._platform.get(names.API, "Build", key.name, key.namespace)
        if build is None or build["metadata"].get("deletionTimestamp") or finished(build):
            return
        pod = self._platform.get("v1", "Pod", names.pod_name(key.name), key.namespace)
        try:
            pod = pod or self._create(build)
        except PkgopsError as error:
            raise_temporary(error)
            self._save(build, refused_status(build, error.what, self._platform.now()))
            return
        self._save(build, self._status(build, pod))

    def _create(self, build: Obj) -> Obj:
        meta = build["metadata"]
        account_name = names.service_account(build["spec"])
        account = read_account(self._platform.client, meta["namespace"], account_name)
        toolbox = self._platform.config.images.get("toolbox", "")
        images = PodImages(toolbox, toolbox, toolbox)
        bindings = read_bindings(self._platform.client, build)
        builder = ImageRef.parse(build["spec"]["builder"]["image"])
        config = builder_config(read_image(RegistryClient(account.keychain()), builder))
        if is_rebase(build, config):
            pod = rebase_pod(build, account, images, config)
        else:
            pod = build_pod(build, account, images, bindings, config)
        try:
            return self._platform.create(pod)
        except AlreadyExists:
            return self._platform.client.get("v1", "Pod", pod["metadata"]["name"], meta["namespace"])

    def _status(self, build: Obj, pod: Obj) -> Obj:
        phase, now = pod.get("status", {}).get("phase", ""), self._platform.now()
        if phase == "Failed":
            return failed_status(build, pod, self._last_line(pod), now)
        if has_succeeded(pod):
            return succeeded_status(build, pod, now)
        return running_status(build, pod, now, unscheduled(self._platform.get, pod))

    def _last_line(self, pod: Obj) -> str:
        name, left = failed_container(pod)
        if not name or not left:
            return ""
        meta = pod["metadata"]
        try:
            lines = list(self._platform.client.logs(meta["namespace"], meta["name"], name, tail=1))
        except ApiError:
            return ""
        return lines[-1].rstrip("\n") if lines else ""

    def _save(self, build: Obj, status: Obj) -> None:
        try:
            self._platform.save_status(build, status)
        except NotFound:
            return
