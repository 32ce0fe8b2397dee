"""kpack's admission webhooks, served by the platform process."""

from __future__ import annotations

from pkgops.kube import Obj
from pkgops.platform.kpack.review import defaulted, problems
from pkgops.platform.kpack.storageclasses import has_default_class
from pkgops.platform.resourcewebhooks import ResourceWebhooks
from pkgops.platform.runtime import Platform

KINDS = (
    "images",
    "builds",
    "builders",
    "clusterbuilders",
    "clusterstacks",
    "clusterstores",
    "clusterlifecycles",
    "buildpacks",
    "clusterbuildpacks",
)


def webhooks_of(platform: Platform) -> ResourceWebhooks:
    """Return the two webhooks; their responses depend on the cluster's storage classes."""

    def refusals(obj: Obj, old: Obj | None) -> list[str]:
        return problems(obj, old, has_default_class=has_default_class(platform))

    return ResourceWebhooks(
        group="kpack.io",
        version="v1alpha2",
        resources=KINDS,
        owner="kpack",
        mutating="defaults.webhook.kpack.io",
        validating="validation.webhook.kpack.io",
        defaults_path="/defaults",
        validation_path="/validate",
        defaulted=lambda obj, _, __: defaulted(obj, has_default_class=has_default_class(platform)),
        problems=refusals,
    )
