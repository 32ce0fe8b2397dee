"""What Cartographer's webhooks refuse, answered by the local platform.

Only the cluster-scoped kinds are checked, as upstream; what a schema can say is in ``crds.yaml``.
"""

from __future__ import annotations

from pkgops.platform.carto.admission.review import PATH, registrations, review
from pkgops.platform.runtime import Platform


def register(platform: Platform) -> None:
    """Answer the admission reviews of the carto.run kinds, if the platform is to check at admission."""
    if platform.config.admission:
        platform.webhooks.on(PATH, review)
        platform.webhooks.register(registrations)


__all__ = ["register"]
