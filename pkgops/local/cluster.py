"""A local cluster as other packages use it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from pkgops.errors import PreflightError
from pkgops.local import state
from pkgops.local.instance import Instance, instance_name
from pkgops.values import Value

BUSY_SECONDS = 30.0
"""How long a response of the API server may take on a busy machine; one that does not run refuses at once."""
LANGUAGES_FILE = "languages.json"
"""The file with the images of the used languages, in the folder of the parts' configuration."""


class LocalCluster(Value, kw_only=True):
    """A local cluster that was started.

    Attributes:
        name: the instance's name.
        kubeconfig: the administrator's kubeconfig; its only context is the cluster's.
        context: the name of that context.
        address: the address of its API server, registry, Git server and DNS.
        registry: ``host:port``, as in image names; plain http.
        git: the Git server's URL, without a trailing slash.
        images: the images that pods of the pipeline use, by name: ``go``, ``toolbox``...
    """

    name: str
    kubeconfig: Path
    context: str
    address: str
    registry: str
    git: str
    images: Mapping[str, str]

    def git_url(self, name: str) -> str:
        """Return the URL of a repository on the cluster's Git server."""
        return f"{self.git}/{name}.git"

    @property
    def kubectl_options(self) -> tuple[str, ...]:
        """Options for kubectl to work on this cluster by itself.

        It reads none of the user's preferences, and its cache is in a folder that is removed with the
        cluster.
        """
        cache = self.kubeconfig.parent / "run" / "kubectl"
        return ("--kuberc", "/dev/null", "--kubeconfig", str(self.kubeconfig), "--cache-dir", str(cache))


def describe(instance: Instance) -> LocalCluster:
    """Return the LocalCluster of an instance."""
    return LocalCluster(
        name=instance.name,
        kubeconfig=instance.kubeconfig,
        context=instance.owner,
        address=instance.address,
        registry=instance.registry,
        git=instance.git,
        images=_images(instance),
    )


def find(name: str | None = None) -> LocalCluster | None:
    """Return the cluster if it was started and not taken down, whether it runs or not."""
    instance = state.find(name)
    return describe(instance) if instance and instance.kubeconfig.exists() else None


def running(name: str | None = None) -> LocalCluster:
    """Return the cluster whose API server answers now; nothing is started.

    Raises:
        PreflightError: there is none, or it does not answer.
    """
    from pkgops.local import probes

    instance = state.find(name)
    if instance is None:
        raise PreflightError(
            f"there is no local cluster {instance_name(name)}", next="pkgops local up", slug="local-absent"
        )
    if not probes.api(instance, BUSY_SECONDS):
        raise PreflightError(
            f"the local cluster {instance.name} does not answer at {instance.server}",
            why="it was stopped, or a part of it ended",
            next="pkgops local up",
            slug="local-stopped",
        )
    return describe(instance)


def _images(instance: Instance) -> dict[str, str]:
    found: dict[str, str] = {}
    try:
        found |= json.loads((instance.conf / "platform.json").read_text())["images"]
        found |= json.loads((instance.conf / LANGUAGES_FILE).read_text())
    except (OSError, ValueError, KeyError):
        return found
    return found
