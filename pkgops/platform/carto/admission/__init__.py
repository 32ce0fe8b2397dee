"""What Cartographer's webhooks refuse, answered by the local platform.

Only the cluster-scoped kinds are checked, as upstream; what a schema can hold is in ``crds.yaml``.
"""

from __future__ import annotations

from pkgops.platform.carto.admission.review import (
    CONFIGURATION,
    CONFIGURATION_KIND,
    PATH,
    REGISTRATION,
    registrations,
    review,
)
from pkgops.platform.runtime import Platform


def register(platform: Platform) -> None:
    """Answer the admission reviews of the carto.run kinds, if the platform is to check at admission.

    If it is not, an earlier registration goes: the API server would call a server that does not answer.
    """
    if not platform.config.admission:
        platform.client.delete(REGISTRATION, CONFIGURATION_KIND, CONFIGURATION)
        return
    platform.webhooks.on(PATH, review)
    platform.webhooks.register(registrations)


__all__ = ["register"]
