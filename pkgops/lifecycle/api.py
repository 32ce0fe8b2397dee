"""Versions of the buildpack API: the supported ones, and their comparison."""

from __future__ import annotations

from pkgops.lifecycle.phase import Code, PhaseError

SUPPORTED = ("0.7", "0.8", "0.9", "0.10", "0.11")


def at_least(version: str, wanted: str) -> bool:
    """Return whether a version is at least another one; ``1`` is ``1.0``."""
    return _parts(version) >= _parts(wanted)


def check(version: str, buildpack: str) -> None:
    """Refuse a buildpack whose API is not supported.

    Raises:
        PhaseError: names the buildpack and its API.
    """
    if not version:
        text = f"failed to parse buildpack API '<nil>' for buildpack '{buildpack}'"
        raise PhaseError("", Code.BUILDPACK_API, verb=text.removeprefix("failed to "))
    if version not in SUPPORTED:
        text = f"buildpack API version '{version}' is incompatible with the lifecycle"
        raise PhaseError(text, Code.BUILDPACK_API, verb=f"set API for Buildpack '{buildpack}'")


def _parts(version: str) -> tuple[int, int]:
    major, _, minor = version.partition(".")
    return int(major or 0), int(minor or 0)
