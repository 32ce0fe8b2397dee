from typing import Any

import pytest

from pkgops.platform.carvel.selection import NoVersion, refused_downgrade, select

Obj = dict[str, Any]


def package(version: str, name: str = "web.demo.carto", **spec: Any) -> Obj:
    meta = {"name": f"{name}.{version}", "namespace": "apps"}
    return {"kind": "Package", "metadata": meta, "spec": {"refName": name, "version": version, **spec}}


def install(constraints: str = ">0.0.0", prereleases: Obj | None = None, **meta: Any) -> Obj:
    rule: Obj = {"constraints": constraints}
    if prereleases is not None:
        rule["prereleases"] = prereleases
    reference = {"refName": "web.demo.carto", "versionSelection": rule}
    return {"metadata": {"name": "web", "namespace": "apps", **meta}, "spec": {"packageRef": reference}}


def chosen(wanted: Obj, *packages: Obj) -> str:
    return str(select(wanted, packages, lambda: "1.34.4")["spec"]["version"])


def refused(wanted: Obj, *packages: Obj) -> str:
    with pytest.raises(NoVersion) as error:
        select(wanted, packages, lambda: "1.34.4")
    return str(error.value)


def test_the_highest_that_fits() -> None:
    packages = [package("0.1.9"), package("0.1.10"), package("1.0.0"), package("9.0.0", "other.demo.carto")]
    assert chosen(install(), *packages) == "1.0.0"
    assert chosen(install("<1.0.0"), *packages) == "0.1.10"
    assert chosen(install("0.1.9"), *packages) == "0.1.9"


def test_no_packages_at_all_says_not_found() -> None:
    assert refused(install()) == "Package web.demo.carto not found"


def test_details_tell_where_versions_were_lost() -> None:
    other = package("1.0.0", "other.demo.carto")
    text = "Expected to find at least one version, but did not (details: "
    steps = "after-prereleases-filter={} -> after-kapp-controller-version-check={} -> "
    steps += "after-constraints-filter={})"
    assert refused(install(), other) == f"{text}all=0 -> {steps.format(0, 0, 0)}"
    assert refused(install(">2.0.0"), package("1.0.0")) == f"{text}all=1 -> {steps.format(1, 1, 0)}"
    assert refused(install(), package("1.0.0-rc.1")) == f"{text}all=1 -> {steps.format(0, 0, 0)}"


def test_prereleases_only_where_asked_for() -> None:
    packages = [package("1.0.0"), package("1.1.0-rc.1"), package("1.1.0-beta.1")]
    assert chosen(install(), *packages) == "1.0.0"
    assert chosen(install(prereleases={}), *packages) == "1.1.0-rc.1"
    assert chosen(install(prereleases={"identifiers": ["beta"]}), *packages) == "1.1.0-beta.1"
    assert chosen(install("1.1.0-beta.1"), *packages) == "1.1.0-beta.1"


def test_versions_of_cluster_and_controller_count() -> None:
    new = package("2.0.0", kubernetesVersionSelection={"constraints": ">=1.99.0"})
    newer = package("3.0.0", kappControllerVersionSelection={"constraints": ">=99.0.0"})
    assert chosen(install(), package("1.0.0"), new, newer) == "1.0.0"
    notes = {
        "packaging.carvel.dev/ignore-kubernetes-version-selection": "",
        "packaging.carvel.dev/ignore-kapp-controller-version-selection": "",
    }
    assert chosen(install(annotations=notes), package("1.0.0"), new, newer) == "3.0.0"


def test_what_cannot_be_selected_by() -> None:
    assert refused({"metadata": {}, "spec": {}}) == "Expected non nil PackageRef"
    bare = {"metadata": {}, "spec": {"packageRef": {"refName": "x"}}}
    assert refused(bare) == "Expected non-empty version selection"
    assert refused(install("nonsense"), package("1.0.0")).startswith(
        "Selecting versions: Parsing version constraint 'nonsense': "
    )


def test_downgrade_needs_the_annotation() -> None:
    tried = {**install(), "status": {"lastAttemptedVersion": "0.2.0"}}
    assert refused_downgrade(tried, "0.3.0") == ""
    assert refused_downgrade(tried, "0.2.0") == ""
    text = refused_downgrade(tried, "0.1.0")
    assert text.startswith(
        "Stopped installing matched version '0.1.0' since last attempted version '0.2.0' is higher."
    )
    allowed = {**install(annotations={"packaging.carvel.dev/downgradable": ""}), "status": tried["status"]}
    assert refused_downgrade(allowed, "0.1.0") == ""
    assert refused_downgrade(install(), "0.1.0") == ""


@pytest.mark.parametrize("field", ["kubernetesVersionSelection", "kappControllerVersionSelection"])
def test_constraints_of_a_package_that_are_none_are_told(field: str) -> None:
    odd = package("1.0.0", **{field: {"constraints": "soon"}})
    assert "Parsing version constraint 'soon'" in refused(install(), odd)
