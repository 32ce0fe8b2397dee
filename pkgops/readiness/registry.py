"""Errors of registries as causes: shared by every kind whose controller sends requests to one."""

from __future__ import annotations

from pkgops.model import CauseCode
from pkgops.readiness.base import has


def classify(message: str) -> CauseCode:
    """The cause of a registry's error, from the messages of go-containerregistry and kubelet."""
    if has(message, "NAME_UNKNOWN", "MANIFEST_UNKNOWN", "404", "not found", "repository does not exist"):
        return CauseCode.REGISTRY_NOT_FOUND
    if has(
        message, "UNAUTHORIZED", "DENIED", "401", "403", "authentication required", "authorization failed"
    ):
        return CauseCode.REGISTRY_UNAUTHORIZED
    return CauseCode.REGISTRY_FAILED
