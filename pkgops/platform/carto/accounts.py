"""The service account with which an owner's objects are applied; errors have upstream's messages."""

from __future__ import annotations

from pkgops.kube import Obj
from pkgops.platform.carto.failure import Failure, ResourceFailed
from pkgops.platform.carto.stamper import Stamper
from pkgops.platform.runtime import Platform


def account_of(owner: Obj, blueprint: Obj | None = None) -> tuple[str, str]:
    """Return namespace and name: the owner's own account, the blueprint's, or ``default``."""
    namespace = str(owner["metadata"]["namespace"])
    own = (owner.get("spec") or {}).get("serviceAccountName")
    if own:
        return namespace, str(own)
    reference = ((blueprint or {}).get("spec") or {}).get("serviceAccountRef") or {}
    if reference.get("name"):
        return str(reference.get("namespace") or namespace), str(reference["name"])
    return namespace, "default"


def stamper_for(platform: Platform, namespace: str, name: str) -> Stamper:
    """Return a stamper with the rights of a service account.

    Raises:
        ResourceFailed: there is no such account.
    """
    account = platform.get("v1", "ServiceAccount", name, namespace)
    # The cache may not contain an account yet that was created just before its first use.
    if account is None and platform.client.find("v1", "ServiceAccount", name, namespace) is None:
        where = f"[{namespace}/{name}]"
        message = (
            f"failed to get service account object from api server {where}: failed to get object {where} "
            f'from api server: ServiceAccount "{name}" not found'
        )
        raise ResourceFailed(Failure(status="False", reason="ServiceAccountError", message=message))
    return Stamper(platform.client.as_service_account(namespace, name))
