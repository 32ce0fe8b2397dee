"""The data values of the local cluster for the templates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pkgops.flows import push
from pkgops.settings import Settings

if TYPE_CHECKING:
    from pkgops.local import LocalCluster


def local_values(cluster: LocalCluster, settings: Settings) -> dict[str, Any]:
    """Return its registry, Git server and images, as defaults of data values."""
    from pkgops.local import published
    from pkgops.local.objects import CACHE_CLAIM, LANGUAGES, builder_name

    # The PersistentVolumeClaim of the compilers' caches is in the default namespace of workloads.
    claim = CACHE_CLAIM if settings.workload_namespace == "default" else ""
    language = settings.text("workload.language")
    # A builder that the templates or their values files name must take precedence.
    image, lifecycle = (settings.text(f"build.builder.{key}") for key in ("image", "lifecycle"))
    builder = builder_name(language) if language in LANGUAGES else ""
    builder = published.builder_name(image, lifecycle) if image else builder
    build = {"build": {"builder": {"name": builder}}} if builder else {}
    return {
        "registry": {"server": f"http://{cluster.registry}", "tagPrefix": f"{cluster.registry}/demo/"},
        "git": {"url": cluster.git_url(push.repository(settings)), "branch": "main"},
        **build,
        "steps": {
            "test": {
                "image": cluster.images.get("go", ""),
                "images": {name: cluster.images.get(name, "") for name in LANGUAGES},
                "cacheClaim": claim,
            },
            "package": {"image": cluster.images.get("toolbox", "")},
        },
    }
