"""Each rule of kapp-controller's API server of packages, with the real messages."""

from __future__ import annotations

from typing import Any

import pytest

from pkgops.kube import Obj
from pkgops.platform.carvel import admission
from pkgops.platform.carvel.packagerules import SELECTIONS, package_faults
from pkgops.platform.crds import CrdFile
from pkgops.platform.fielderrors import SUBDOMAIN_RULE

NAME = "web.demo.carto"
NOT_THE_NAME = "must be <spec.refName> + '.' + <spec.version>"
SEGMENTS = "should be a domain with at least three segments separated by dots"


def package(name: str = f"{NAME}.1.0.0", **spec: Any) -> Obj:
    whole = {"refName": NAME, "version": "1.0.0", **spec}
    return {"kind": "Package", "metadata": {"name": name}, "spec": whole}


def metadata(name: str) -> Obj:
    return {"kind": "PackageMetadata", "metadata": {"name": name}, "spec": {}}


def said(obj: Obj) -> list[str]:
    return [str(fault) for fault in package_faults(obj)]


def test_what_is_whole_passes() -> None:
    assert said(metadata(NAME)) == []
    assert said(package()) == []
    ranges = {key: {"constraints": ">=1.21.0 <2.0.0 || 3.x"} for key in SELECTIONS}
    assert said(package(f"{NAME}.1.0.0-rc.1+7", version="1.0.0-rc.1+7", **ranges)) == []
    assert said(package(**dict.fromkeys(SELECTIONS))) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("", "metadata.name: Required value"),
        ("web", f'metadata.name: Invalid value: "web": {SEGMENTS}'),
        ("web.carto", f'metadata.name: Invalid value: "web.carto": {SEGMENTS}'),
        ("Web.demo.carto", f'metadata.name: Invalid value: "Web.demo.carto": {SUBDOMAIN_RULE}'),
        ("web.demo.carto.", f'metadata.name: Invalid value: "web.demo.carto.": {SUBDOMAIN_RULE}'),
        ("web.demo_1.carto", f'metadata.name: Invalid value: "web.demo_1.carto": {SUBDOMAIN_RULE}'),
        (
            "a." * 127 + "a",
            f'metadata.name: Invalid value: "{"a." * 127}a": must be no more than 253 characters',
        ),
        (
            "a." * 127 + "A",
            f'metadata.name: Invalid value: "{"a." * 127}A": '
            f"must be no more than 253 characters,{SUBDOMAIN_RULE}",
        ),
    ],
)
def test_the_name_of_metadata(name: str, text: str) -> None:
    assert said(metadata(name)) == [text]


PACKAGES: list[tuple[str, Obj, list[str]]] = [
    ("other", {}, [f'metadata.name: Invalid value: "other": {NOT_THE_NAME}']),
    (
        f"{NAME}.1.0.0",
        {"version": "1.0.1"},
        [f'metadata.name: Invalid value: "{NAME}.1.0.0": {NOT_THE_NAME}'],
    ),
    (
        ".1.0.0",
        {"refName": ""},
        ["spec.refName: Required value: can not be empty", "spec.refName: Required value"],
    ),
    ("web.demo.1.0.0", {"refName": "web.demo"}, [f'spec.refName: Invalid value: "web.demo": {SEGMENTS}']),
    (
        "Web.demo.carto.1.0.0",
        {"refName": "Web.demo.carto"},
        [f'spec.refName: Invalid value: "Web.demo.carto": {SUBDOMAIN_RULE}'],
    ),
    (
        f"{NAME}.",
        {"version": ""},
        [
            'spec.version: Invalid value: "": cannot be empty',
            'spec.version: Invalid value: "": must be valid semver: Version string empty',
        ],
    ),
    (
        f"{NAME}.1.0",
        {"version": "1.0"},
        ['spec.version: Invalid value: "1.0": must be valid semver: No Major.Minor.Patch elements found'],
    ),
    (
        f"{NAME}.v1.0.0",
        {"version": "v1.0.0"},
        [
            'spec.version: Invalid value: "v1.0.0": must be valid semver: '
            'Invalid character(s) found in major number "v1"'
        ],
    ),
    (
        f"{NAME}.1.02.0",
        {"version": "1.02.0"},
        [
            'spec.version: Invalid value: "1.02.0": must be valid semver: '
            'Minor number must not contain leading zeroes "02"'
        ],
    ),
]


@pytest.mark.parametrize(("name", "spec", "texts"), PACKAGES)
def test_the_name_reference_and_version_of_a_package(name: str, spec: Obj, texts: list[str]) -> None:
    assert said(package(name, **spec)) == texts


@pytest.mark.parametrize("key", SELECTIONS)
@pytest.mark.parametrize(
    ("constraints", "detail"),
    [
        ("latest", 'Could not get version from string: "latest"'),
        ("", "Last element in range is '||'"),
        ("|| 1.0.0", "First element in range is '||'"),
        (
            ">=1.21",
            'Could not parse Range ">=1.21": Could not parse version "1.21" in ">=1.21": '
            "No Major.Minor.Patch elements found",
        ),
        ("^1.21.0", 'Could not parse Range "^1.21.0": Could not parse comparator "^" in "^1.21.0"'),
        (
            ">=1.21.0,<2.0.0",
            'Could not parse Range ">=1.21.0,<2.0.0": Could not parse version "1.21.0,<2.0.0" in '
            '">=1.21.0,<2.0.0": Invalid character(s) found in patch number "0,<2.0.0"',
        ),
    ],
)
def test_the_ranges_of_a_package(key: str, constraints: str, detail: str) -> None:
    text = f'spec.{key}.constraints: Invalid value: "{constraints}": {detail}'
    assert said(package(**{key: {"constraints": constraints}})) == [text]


def test_a_selection_without_constraints_is_refused_as_there() -> None:
    text = "spec.kubernetesVersionSelection.constraints: Invalid value: \"\": Last element in range is '||'"
    assert said(package(kubernetesVersionSelection={})) == [text]


def test_without_a_spec_each_field_is_told() -> None:
    found = said({"kind": "Package", "metadata": {"name": "web"}})
    assert [text.partition(":")[0] for text in found] == [
        *("spec.refName", "spec.refName", "spec.version", "spec.version", "metadata.name")
    ]


def reviewed(obj: Obj) -> Obj:
    answered: Obj = admission.respond({"request": {"uid": "1", "object": obj}})["response"]
    return answered


def test_the_answer_is_the_status_of_an_api_server() -> None:
    assert reviewed(package()) == {"uid": "1", "allowed": True}
    answered = reviewed(package("other", kappControllerVersionSelection={"constraints": "v1"}))
    name = f'Invalid value: "other": {NOT_THE_NAME}'
    constraints = 'Invalid value: "v1": Could not parse Range "v1": Could not parse comparator "v" in "v1"'
    place = "spec.kappControllerVersionSelection.constraints"
    assert answered["allowed"] is False
    assert answered["status"] == {
        "status": "Failure",
        "code": 422,
        "reason": "Invalid",
        # The real one has no kind here, and leaves a blank.
        "message": f' "other" is invalid: [metadata.name: {name}, {place}: {constraints}]',
        "details": {
            "name": "other",
            "causes": [
                {"reason": "FieldValueInvalid", "message": name, "field": "metadata.name"},
                {"reason": "FieldValueInvalid", "message": constraints, "field": place},
            ],
        },
    }


def test_a_field_that_an_app_has_not_is_told_of_a_package() -> None:
    """The platform makes the App when the package is installed: what the API server drops then is lost."""
    app = {
        "fetch": [{"imgpkgBundel": {"image": "a"}}],
        "template": [{"ytt": {"path": ["config"], "valuesFrom": [{"secretRef": {"name": "a"}}]}}],
        "deploy": [{"kapp": {"rawOptions": ["--wait=true"], "delete": {"rawOption": []}}}],
    }
    answered = reviewed(package(template={"spec": app}))
    assert answered["allowed"] is True
    assert answered["warnings"] == [
        f'unknown field "spec.template.spec.{path}": the real definition drops it'
        for path in ("fetch[0].imgpkgBundel", "template[0].ytt.path", "deploy[0].kapp.delete.rawOption")
    ]
    whole = {"fetch": [{"imgpkgBundle": {"image": "a"}}], "template": [{"ytt": {}}], "deploy": [{"kapp": {}}]}
    assert "warnings" not in reviewed(package(template={"spec": whole}))
    assert "warnings" not in reviewed(metadata(NAME))


def test_what_is_being_deleted_is_let_go() -> None:
    ending = package("other")
    ending["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    assert reviewed(ending)["allowed"] is True


def test_the_api_server_asks_for_what_it_would_serve_itself() -> None:
    [made] = admission.registrations("https://10.0.0.1:1", "bundle")
    [hooked] = made["webhooks"]
    assert hooked["clientConfig"]["url"] == "https://10.0.0.1:1/packages"
    [rule] = hooked["rules"]
    plurals = {
        one["spec"]["names"]["plural"]
        for one in CrdFile.of("carvel").documents()
        if one["spec"]["group"] == "data.packaging.carvel.dev"
    }
    assert set(rule["resources"]) == plurals
    # An object that is not checked would be taken for one that is right.
    assert hooked["failurePolicy"] == "Fail"


def test_the_definitions_leave_all_rules_to_it() -> None:
    """The API server validates by the definition first: its messages would replace the real ones."""
    for one in CrdFile.of("carvel").documents():
        if one["spec"]["group"] == "data.packaging.carvel.dev":
            text = str(one["spec"]["versions"])
            assert "x-kubernetes-validations" not in text
            assert "required" not in text
