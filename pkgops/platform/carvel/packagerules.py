"""Validation by kapp-controller's API server of packages (``ValidatePackage`` and others). Pure."""

from __future__ import annotations

from pkgops.kube import Obj
from pkgops.platform.carvel.fieldfaults import Fault, invalid, required
from pkgops.platform.carvel.semver import parse, parse_range
from pkgops.platform.fielderrors import subdomain_faults

SELECTIONS = ("kubernetesVersionSelection", "kappControllerVersionSelection")
SEGMENTS = 3


def package_faults(obj: Obj) -> list[Fault]:
    """Return the validation errors of a Package or PackageMetadata; empty if it is valid."""
    name = str(obj["metadata"].get("name") or "")
    if obj["kind"] == "PackageMetadata":
        return _name_faults("metadata.name", name)
    spec = obj.get("spec") or {}
    reference, version = str(spec.get("refName") or ""), str(spec.get("version") or "")
    faults = [] if reference else [required("spec.refName", "can not be empty")]
    faults += _name_faults("spec.refName", reference)
    faults += _version_faults(version)
    if name != f"{reference}.{version}":
        faults.append(invalid("metadata.name", name, "must be <spec.refName> + '.' + <spec.version>"))
    for key in SELECTIONS:
        # A selection without constraints is refused too: an empty text is not a range.
        if spec.get(key) is not None:
            faults += _range_faults(f"spec.{key}.constraints", str(spec[key].get("constraints") or ""))
    return faults


def _name_faults(field: str, name: str) -> list[Fault]:
    if not name:
        return [required(field)]
    faults = subdomain_faults(name)
    if faults:
        return [invalid(field, name, ",".join(faults))]
    if len(name.split(".")) < SEGMENTS:
        return [invalid(field, name, "should be a domain with at least three segments separated by dots")]
    return []


def _version_faults(version: str) -> list[Fault]:
    field = "spec.version"
    faults = [] if version else [invalid(field, version, "cannot be empty")]
    try:
        parse(version)
    except ValueError as error:
        faults.append(invalid(field, version, f"must be valid semver: {error}"))
    return faults


def _range_faults(field: str, constraints: str) -> list[Fault]:
    try:
        parse_range(constraints)
    except ValueError as error:
        return [invalid(field, constraints, str(error))]
    return []
