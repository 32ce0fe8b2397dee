"""Select the version of a package for a PackageInstall. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from pkgops.kube import Obj
from pkgops.platform.carvel.semver import Version, parse, parse_range, parse_relaxed

DOWNGRADABLE = "packaging.carvel.dev/downgradable"
IGNORE_CONTROLLER = "packaging.carvel.dev/ignore-kapp-controller-version-selection"
IGNORE_KUBERNETES = "packaging.carvel.dev/ignore-kubernetes-version-selection"
CONTROLLER_VERSION = "0.53.0"
"""The version of kapp-controller with which packages' ``kappControllerVersionSelection`` is compared."""


class NoVersion(Exception):
    """No version can be selected; the text is kapp-controller's message."""


def select(install: Obj, packages: Iterable[Obj], kubernetes: Callable[[], str]) -> Obj:
    """Return the package with the highest version that meets all constraints.

    Args:
        install: the PackageInstall.
        packages: all packages visible in its namespace.
        kubernetes: returns the cluster's version, such as ``1.34.4``; called only if a package needs it.

    Raises:
        NoVersion: no package meets them.
    """
    reference = install["spec"].get("packageRef")
    if not reference:
        raise NoVersion("Expected non nil PackageRef")
    rule: dict[str, Any] | None = reference.get("versionSelection")
    if rule is None:
        raise NoVersion("Expected non-empty version selection")
    visible = list(packages)
    if not visible:
        raise NoVersion(f"Package {reference.get('refName', '')} not found")
    named = [pkg for pkg in visible if pkg["spec"].get("refName") == reference.get("refName")]
    versions = {version: pkg for pkg in named if (version := parse_relaxed(str(pkg["spec"]["version"])))}
    return versions[_highest(install, versions, rule, kubernetes)]


def _highest(
    install: Obj, packages: dict[Version, Obj], rule: dict[str, Any], kubernetes: Callable[[], str]
) -> Version:
    steps = [f"all={len(packages)}"]
    kept = [version for version in packages if _prerelease_allowed(version, rule)]
    steps.append(f"after-prereleases-filter={len(kept)}")
    annotations = install["metadata"].get("annotations") or {}
    if any(_constraints(pkg, "kubernetesVersionSelection") for pkg in packages.values()):
        if IGNORE_KUBERNETES not in annotations:
            present = kubernetes()
            kept = [v for v in kept if _fits(packages[v], "kubernetesVersionSelection", present)]
        steps.append(f"after-kubernetes-version-check={len(kept)}")
    if IGNORE_CONTROLLER not in annotations:
        kept = [v for v in kept if _fits(packages[v], "kappControllerVersionSelection", CONTROLLER_VERSION)]
    steps.append(f"after-kapp-controller-version-check={len(kept)}")
    constraints = str(rule.get("constraints") or "")
    if constraints:
        kept = _constrained(kept, constraints)
        steps.append(f"after-constraints-filter={len(kept)}")
    if not kept:
        raise NoVersion(f"Expected to find at least one version, but did not (details: {' -> '.join(steps)})")
    return max(kept, key=lambda version: version.order)


def select_tag(tags: Iterable[str], selection: dict[str, Any]) -> str:
    """Return the tag with the highest version that a source's ``tagSelection`` allows.

    Raises:
        NoVersion: no tag meets its constraints, or the selection has no ``semver``.
    """
    rule = selection.get("semver")
    if not isinstance(rule, dict):
        raise NoVersion("Unsupported version selection type (currently supported: semver)")
    versions = [version for tag in tags if (version := parse_relaxed(tag))]
    kept = [version for version in versions if _prerelease_allowed(version, rule)]
    steps = [f"all={len(versions)}", f"after-prereleases-filter={len(kept)}"]
    constraints = str(rule.get("constraints") or "")
    if constraints:
        kept = _constrained(kept, constraints)
        steps.append(f"after-constraints-filter={len(kept)}")
    if not kept:
        raise NoVersion(f"Expected to find at least one version, but did not (details: {' -> '.join(steps)})")
    return max(kept, key=lambda version: version.order).text


def _constrained(versions: list[Version], constraints: str) -> list[Version]:
    matches = _range(constraints)
    return [version for version in versions if matches(version)]


def _range(constraints: str) -> Callable[[Version], bool]:
    try:
        return parse_range(constraints)
    except ValueError as error:
        text = f"Selecting versions: Parsing version constraint '{constraints}': {error}"
        raise NoVersion(text) from error


def _prerelease_allowed(version: Version, rule: dict[str, Any]) -> bool:
    if not version.prerelease:
        return True
    prereleases = rule.get("prereleases")
    if prereleases is None:
        return _is_one_prerelease(str(rule.get("constraints") or ""))
    identifiers = prereleases.get("identifiers") or []
    return not identifiers or bool(set(identifiers) & set(version.prerelease))


def _is_one_prerelease(constraints: str) -> bool:
    try:
        return bool(parse(constraints).prerelease)
    except ValueError:
        return False


def _constraints(package: Obj, key: str) -> str:
    return str((package["spec"].get(key) or {}).get("constraints") or "")


def _fits(package: Obj, key: str, version: str) -> bool:
    constraints = _constraints(package, key)
    return not constraints or _range(constraints)(parse(version))


def refused_downgrade(install: Obj, version: str) -> str:
    """Return the message that refuses a version lower than the last attempted one; empty if it is allowed."""
    last = str((install.get("status") or {}).get("lastAttemptedVersion") or "")
    if not last or DOWNGRADABLE in (install["metadata"].get("annotations") or {}):
        return ""
    candidate, before = parse_relaxed(version), parse_relaxed(last)
    if candidate is None or before is None or candidate.order >= before.order:
        return ""
    return (
        f"Stopped installing matched version '{version}' since last attempted version '{last}' is higher.\n"
        f'hint: Add annotation {DOWNGRADABLE}: "" to PackageInstall to proceed with downgrade'
    )
