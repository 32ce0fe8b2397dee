"""Cartographer's validating webhooks, served by the local platform.

Only the cluster-scoped kinds are checked, as upstream; what a schema can express is in ``crds.yaml``.
"""

from __future__ import annotations

from pkgops.platform.carto.admission.review import CONFIGURATION, PATH, registrations, respond
from pkgops.platform.runtime import Platform
from pkgops.platform.webhooks import REGISTRATION, VALIDATING


def register(platform: Platform) -> None:
    """Serve the admission reviews of the carto.run kinds, if the configuration enables admission.

    Otherwise an earlier registration is deleted: the API server would call a webhook that does not respond.
    """
    if not platform.config.admission:
        platform.client.delete(REGISTRATION, VALIDATING, CONFIGURATION)
        return
    platform.webhooks.on(PATH, respond)
    platform.webhooks.register(registrations)


__all__ = ["register"]
