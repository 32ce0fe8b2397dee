from typing import Any

from carvel_traces import history

from pkgops.platform.carvel.desired import desired_app

Obj = dict[str, Any]


def test_the_recorded_app_of_the_recorded_install_and_package() -> None:
    install = history("PackageInstall", "packaging", "apps-prod")[0]
    package = history("Package", "data.packaging", "apps-prod")[0]
    recorded = history("App", "kappctrl", "apps-prod")[0]
    found = desired_app(install, package, None)
    assert found["spec"] == recorded["spec"]
    assert found["metadata"]["annotations"] == recorded["metadata"]["annotations"]
    assert found["metadata"]["ownerReferences"] == recorded["metadata"]["ownerReferences"]
    assert desired_app(install, package, recorded) == recorded


def made(notes: dict[str, str] | None = None, **spec: Any) -> Obj:
    template = {
        "spec": {
            "fetch": [{"imgpkgBundle": {"image": "i"}}],
            "template": [{"ytt": {}}],
            "deploy": [{"kapp": {}}],
        }
    }
    package = {"spec": {"refName": "r", "version": "1.0.0", "template": template}}
    meta = {"name": "web", "namespace": "apps", "uid": "u", "annotations": notes or {}}
    install = {
        "apiVersion": "packaging.carvel.dev/v1alpha1",
        "kind": "PackageInstall",
        "metadata": meta,
        "spec": spec,
    }
    return desired_app(install, package, None)["spec"]


def test_period_is_written_as_go_does() -> None:
    assert made()["syncPeriod"] == "10m0s"
    assert made(syncPeriod="3m")["syncPeriod"] == "3m0s"


def test_pausing_and_the_like_are_passed_on() -> None:
    spec = made(paused=True, noopDelete=True, defaultNamespace="x", serviceAccountName="s")
    assert (spec["paused"], spec["noopDelete"], spec["defaultNamespace"], spec["serviceAccountName"]) == (
        True, True, "x", "s",
    )  # fmt: skip
    assert "canceled" not in spec


def test_values_go_to_the_first_step_that_takes_them() -> None:
    spec = made(values=[{"secretRef": {"name": "one"}}, {"secretRef": {"name": "two"}}])
    assert spec["template"][0]["ytt"]["valuesFrom"] == [
        {"secretRef": {"name": "one"}},
        {"secretRef": {"name": "two"}},
    ]


def test_overlays_and_credentials_by_annotation() -> None:
    notes = {
        "ext.packaging.carvel.dev/ytt-paths-from-secret-name.2": "second",
        "ext.packaging.carvel.dev/ytt-paths-from-secret-name.1": "first",
        "ext.packaging.carvel.dev/fetch-0-secret-name": "pull",
        "ext.packaging.carvel.dev/ytt-data-values-overlays": "",
    }
    spec = made(notes, values=[{"secretRef": {"name": "values"}}])
    names = [item["secretRef"]["name"] for item in spec["template"][0]["ytt"]["inline"]["pathsFrom"]]
    assert names == ["first", "second", "values"]
    assert spec["fetch"][0]["imgpkgBundle"]["secretRef"] == {"name": "pull"}


def test_manually_controlled_app_is_left_alone() -> None:
    app = {
        "metadata": {"annotations": {"ext.packaging.carvel.dev/manually-controlled": ""}},
        "spec": {"own": 1},
    }
    assert desired_app({"metadata": {}, "spec": {}}, {}, app) is app
