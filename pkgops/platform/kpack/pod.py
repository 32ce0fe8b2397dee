"""The pod of a Build: seven phases in kpack's order, each with its volume mounts. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pkgops.kube import Obj
from pkgops.platform.kpack import names
from pkgops.platform.kpack.bindings import Binding
from pkgops.platform.kpack.builderconfig import BuilderConfig
from pkgops.platform.kpack.credentials import Account
from pkgops.platform.kpack.phaseflags import (
    GROUP,
    analyze_flags,
    cache_tag,
    claim,
    export_flags,
    export_variables,
    prepare_variables,
    restore_flags,
    source_variables,
    variable,
)
from pkgops.platform.owners import owner_reference

_TERMINATION_LOG = "/tmp/termination-log"  # noqa: S108 (inside the container, as kpack has it)
_STAMP = re.compile(r"b\d+\.(\d{8}\.\d{6})$")
_SECURITY = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "privileged": False,
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}
_MOUNTS = {
    "layers-dir": "/layers",
    "workspace-dir": "/workspace",
    "home-dir": "/builder/home",
    "platform-dir": "/platform",
    "report-dir": "/var/report",
    "cache-dir": "/cache",
}
_EMPTY = (
    "layers-dir", "home-dir", "workspace-dir", "platform-dir", "report-dir", "network-wait-launcher-dir",
    "registry-source-pull-secrets-dir", "notary-dir",
)  # fmt: skip
DEFAULT_CONFIG = BuilderConfig()
_HOME = {"name": "HOME", "value": "/builder/home"}
_BINDINGS = {"name": "SERVICE_BINDING_ROOT", "value": "/platform/bindings"}


@dataclass(frozen=True, slots=True)
class PodImages:
    """The images of the containers that run programs of the controller, not of the builder."""

    build_init: str
    completion: str
    rebase: str


def build_pod(
    build: Obj,
    account: Account,
    images: PodImages,
    bindings: Sequence[Binding] = (),
    config: BuilderConfig = DEFAULT_CONFIG,
) -> Obj:
    """Return the pod of a build; the service bindings are mounted in the phases that run buildpacks.

    The phases are the programs of the builder's lifecycle.
    """
    build = _with_run_image(build, config)
    pod = _PodBuilder(build, account, images, bindings, config, with_git=True)
    api = {"name": "CNB_PLATFORM_API", "value": config.platform_api}
    cache = " cache" if config.cache_in_build else ""
    phases = [
        pod.prepare(),
        pod.phase(
            "analyze", "analyzer", analyze_flags(build["spec"]), [_HOME, api, _BINDINGS],
            "layers workspace home",
        ),
        pod.phase("detect", "detector", list(GROUP), [api], "layers platform workspace"),
        pod.phase("restore", "restorer", restore_flags(build["spec"]), [_HOME, api], "layers home cache"),
        pod.phase(
            "build", "builder", ["-layers=/layers", *GROUP], [api, _BINDINGS],
            f"layers platform workspace{cache}",
        ),
        pod.phase(
            "export", "exporter", export_flags(build["spec"]), [_HOME, api, *export_variables(build)],
            "layers workspace home report cache",
        ),
    ]  # fmt: skip
    return pod.pod(phases)


def rebase_pod(
    build: Obj, account: Account, images: PodImages, config: BuilderConfig = DEFAULT_CONFIG
) -> Obj:
    """Return the pod that rebases the image of the last build."""
    pod = _PodBuilder(_with_run_image(build, config), account, images, (), config, with_git=False)
    return pod.pod([pod.rebase()])


def _with_run_image(build: Obj, config: BuilderConfig) -> Obj:
    """Return a Build with a run image, by default that of its builder."""
    given = (build["spec"].get("runImage") or {}).get("image") or config.run_image
    return {**build, "spec": {**build["spec"], "runImage": {"image": given}}}


class _PodBuilder:
    def __init__(
        self,
        build: Obj,
        account: Account,
        images: PodImages,
        bindings: Sequence[Binding],
        config: BuilderConfig,
        *,
        with_git: bool,
    ) -> None:
        self._config = config
        self._secrets = account.mounted(with_git=with_git)
        self._secret_flags = [secret.flag for secret in self._secrets]
        self._secret_mounts = [secret.mount() for secret in self._secrets]
        self._build, self._account, self._images = build, account, images
        self._bindings = [binding for binding in bindings if binding.secret]
        self._spec = build["spec"]
        self._tags: list[str] = self._spec["tags"]
        self._claim = claim(self._spec)

    def prepare(self) -> Obj:
        container = self._container("prepare", self._images.build_init, "/cnb/process/build-init")
        container["args"] = [*self._secret_flags]
        container["workingDir"] = "/workspace"
        container["env"] = [
            *source_variables(self._spec["source"]),
            *prepare_variables(self._build),
        ]
        container["volumeMounts"] = [
            *self._secret_mounts,
            {
                "name": "registry-source-pull-secrets-dir",
                "mountPath": "/registrySourcePullSecrets",
                "readOnly": True,
            },
            *_mounts("platform workspace home"),
            {"name": "layers-dir", "mountPath": "/projectMetadata"},
        ]
        return container

    def phase(self, name: str, program: str, flags: list[str], env: list[Obj], mounts: str) -> Obj:
        container = self._container(name, self._spec["builder"]["image"], f"/cnb/lifecycle/{program}")
        present = mounts if self._claim else mounts.replace(" cache", "")
        bound = [binding.mount() for binding in self._bindings] if name in ("detect", "build") else []
        return {**container, "args": flags, "env": env, "volumeMounts": [*_mounts(present), *bound]}

    def rebase(self) -> Obj:
        container = self._container("rebase", self._images.rebase, "/cnb/process/rebase")
        flags = [*self._secret_flags, f"-run-image={self._spec['runImage']['image']}"]
        flags += [f"-last-built-image={self._spec['lastBuild']['image']}", "-report=/var/report/report.toml"]
        mounts = [*self._secret_mounts, *_mounts("home report")]
        return {**container, "args": [*flags, *self._tags], "env": [_HOME], "volumeMounts": mounts}

    def completion(self) -> Obj:
        container = self._container("completion", self._images.completion, "/cnb/process/completion")
        stamps = [match[1] for tag in self._tags if (match := _STAMP.search(tag))]
        number = (self._build["metadata"].get("labels") or {}).get(names.BUILD_NUMBER, "")
        signed = [f"-cosign-annotations=buildTimestamp={stamp}" for stamp in stamps[:1]]
        notary = {"name": "notary-dir", "mountPath": "/var/notary/v1", "readOnly": True}
        return {
            **container,
            "args": [*self._secret_flags, *signed, f"-cosign-annotations=buildNumber={number}"],
            "env": [
                _HOME,
                variable("CACHE_TAG", cache_tag(self._spec)),
                {"name": "TERMINATION_MESSAGE_PATH", "value": _TERMINATION_LOG},
            ],
            "terminationMessagePath": _TERMINATION_LOG,
            "terminationMessagePolicy": "FallbackToLogsOnError",
            "volumeMounts": [*self._secret_mounts, *_mounts("home report"), notary],
        }

    def pod(self, phases: Sequence[Obj]) -> Obj:
        meta = self._build["metadata"]
        spec = {
            "initContainers": list(phases),
            "containers": [self.completion()],
            "restartPolicy": "Never",
            "serviceAccountName": self._account.name,
            "imagePullSecrets": [{"name": name} for name in self._pull_secrets()],
            "securityContext": {
                "runAsUser": self._config.user,
                "runAsGroup": self._config.group,
                "fsGroup": self._config.group,
                "runAsNonRoot": True,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "volumes": self._volumes(),
            **{key: self._spec[key] for key in _SCHEDULING if key in self._spec},
        }
        labels = {**(meta.get("labels") or {}), names.BUILD: meta["name"]}
        annotations = {**(meta.get("annotations") or {}), "sidecar.istio.io/inject": "false"}
        return {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": names.pod_name(meta["name"]),
                "namespace": meta["namespace"],
                "labels": labels,
                "annotations": annotations,
                "ownerReferences": [owner_reference(self._build)],
            },
            "spec": spec,
        }

    def _container(self, name: str, image: str, program: str) -> Obj:
        resources = self._spec.get("resources") or {}
        container = {"name": name, "image": image, "command": [program], "imagePullPolicy": "IfNotPresent"}
        return {**container, "resources": resources, "securityContext": _SECURITY}

    def _pull_secrets(self) -> Iterable[str]:
        own = [entry["name"] for entry in self._spec["builder"].get("imagePullSecrets") or []]
        return dict.fromkeys([*self._account.pull_secrets, *own])

    def _volumes(self) -> list[Obj]:
        secrets = [{"name": secret.volume, "secret": {"secretName": secret.name}} for secret in self._secrets]
        cache = (
            [{"name": "cache-dir", "persistentVolumeClaim": {"claimName": self._claim}}]
            if self._claim
            else []
        )
        bound = [binding.volume() for binding in self._bindings]
        return [*secrets, *cache, *({"name": name, "emptyDir": {}} for name in _EMPTY), *bound]


_SCHEDULING = (
    "activeDeadlineSeconds", "tolerations", "nodeSelector", "affinity", "runtimeClassName", "schedulerName",
    "priorityClassName",
)  # fmt: skip


def _mounts(names_without_suffix: str) -> list[Obj]:
    volumes = [f"{name}-dir" for name in names_without_suffix.split()]
    return [{"name": volume, "mountPath": _MOUNTS[volume]} for volume in volumes]
