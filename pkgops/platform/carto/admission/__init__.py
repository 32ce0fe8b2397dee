"""Cartographer's validating webhooks, served by the local platform.

Only the cluster-scoped kinds are checked, as upstream; what a schema can express is in ``crds.yaml``.
"""

from __future__ import annotations

from pkgops.platform.carto.admission.review import PATH, registrations, respond
from pkgops.platform.runtime import Platform


def register(platform: Platform) -> None:
    """Serve the admission reviews of the carto.run kinds, if the configuration enables admission."""
    if platform.config.admission:
        platform.webhooks.on(PATH, respond)
        platform.webhooks.register(registrations)


__all__ = ["register"]
