"""From a package bundle in the registry to an application that answers, and to its second version."""

from __future__ import annotations

import pytest
from delivery_kit import APP, DATA, KNATIVE, PACKAGING, REBASE, Delivery, knative_service
from local_kit import client, cluster, namespace, wait_for

from pkgops.kube import Invalid

pytestmark = pytest.mark.cluster
__all__ = ["client", "cluster", "namespace"]


@pytest.fixture
def delivery(client, cluster, namespace):
    found = Delivery(client, cluster, namespace)
    if found.find("v1", "ServiceAccount", "deployer") is None:
        found.account()
    return found


def resources(delivery, text, *, rebase=True):
    service = knative_service("web", delivery.image, text)
    return [service, REBASE] if rebase else [service]


def install(delivery, name="web", **spec):
    reference = {"refName": "web.demo.carto", "versionSelection": {"constraints": ">0.0.0"}}
    whole = {"serviceAccountName": "deployer", "packageRef": reference, **spec}
    delivery.create(PACKAGING, "PackageInstall", name, spec=whole)


def offer(delivery, reference, name="web"):
    fetch = {"imgpkgBundle": {"image": reference}}
    if delivery.find(PACKAGING, "PackageRepository", name):
        delivery.patch(PACKAGING, "PackageRepository", name, fetch=fetch)
    else:
        delivery.create(PACKAGING, "PackageRepository", name, spec={"fetch": fetch})
    delivery.condition(PACKAGING, "PackageRepository", name, "ReconcileSucceeded")


def installed(delivery, version, name="web"):
    wait_for(
        f"version {version}",
        lambda: (
            (delivery.get(PACKAGING, "PackageInstall", name).get("status") or {}).get("version") == version
        ),
    )
    return delivery.condition(PACKAGING, "PackageInstall", name, "ReconcileSucceeded")


def test_package_is_installed_upgraded_and_removed(delivery):
    install(delivery, syncPeriod="3m")
    first = delivery.condition(PACKAGING, "PackageInstall", "web", "ReconcileFailed")
    assert first["status"]["conditions"][0]["message"] == "Package web.demo.carto not found"
    assert first["spec"]["syncPeriod"] == "3m0s"

    offer(delivery, delivery.publish("0.1.1", *resources(delivery, "one")))
    installed(delivery, "0.1.1")
    assert delivery.answer("web-00001") == "one"
    app = delivery.get(APP, "App", "web")
    assert app["metadata"]["annotations"]["packaging.carvel.dev/package-version"] == "0.1.1"
    assert "resolve | final: " in app["status"]["template"]["stderr"]

    offer(delivery, delivery.publish("0.1.2", *resources(delivery, "two")))
    installed(delivery, "0.1.2")
    assert delivery.answer("web-00002") == "two"
    wait_for(
        "traffic on the second revision",
        lambda: delivery.get(KNATIVE, "Service", "web")["status"]["latestReadyRevisionName"] == "web-00002",
    )
    names = [
        obj["metadata"]["name"] for obj in delivery.client.list(DATA, "Package", delivery.namespace).items
    ]
    assert names == ["web.demo.carto.0.1.2"]

    offer(delivery, delivery.publish("0.1.3", *resources(delivery, "three", rebase=False)))
    wait_for("the refusal", lambda: _useful(delivery, "annotation value is immutable"))
    failed = delivery.condition(PACKAGING, "PackageInstall", "web", "ReconcileFailed")
    assert failed["status"]["usefulErrorMessage"].startswith(
        "kapp: Error: update service/web (serving.knative.dev/v1)"
    )
    assert delivery.answer("web-00002") == "two"

    offer(delivery, delivery.publish("0.1.4", *resources(delivery, "four")))
    installed(delivery, "0.1.4")
    assert delivery.answer("web-00003") == "four"

    offer(delivery, f"{delivery.repository}-pkg:v0.1.2")
    wait_for(
        "the refused downgrade", lambda: _useful(delivery, "since last attempted version '0.1.4' is higher")
    )
    note = {"metadata": {"annotations": {"packaging.carvel.dev/downgradable": ""}}}
    delivery.client.patch(PACKAGING, "PackageInstall", "web", delivery.namespace, note)
    installed(delivery, "0.1.2")

    delivery.client.delete(PACKAGING, "PackageInstall", "web", delivery.namespace)
    delivery.gone(PACKAGING, "PackageInstall", "web")
    for api, kind in ((APP, "App"), (KNATIVE, "Service")):
        assert delivery.find(api, kind, "web") is None
    delivery.client.delete(PACKAGING, "PackageRepository", "web", delivery.namespace)
    delivery.gone(PACKAGING, "PackageRepository", "web")
    assert delivery.client.list(DATA, "Package", delivery.namespace).items == []


def _useful(delivery, text):
    status = delivery.get(PACKAGING, "PackageInstall", "web").get("status") or {}
    return text in status.get("usefulErrorMessage", "")


def test_version_rule_pins(delivery):
    service = knative_service("pinned", delivery.image, "pinned")
    for version in ("1.0.0", "1.1.0"):
        offer(delivery, delivery.publish(version, service, REBASE), name=f"r{version.replace('.', '')}")
    rule = {"refName": "web.demo.carto", "versionSelection": {"constraints": "1.0.0"}}
    install(delivery, "pinned", packageRef=rule)
    installed(delivery, "1.0.0", "pinned")
    assert delivery.find(DATA, "Package", "web.demo.carto.1.1.0") is not None


def test_paused_repository_brings_nothing(delivery):
    spec = {"paused": True, "fetch": {"imgpkgBundle": {"image": f"{delivery.repository}-pkg:none"}}}
    delivery.create(PACKAGING, "PackageRepository", "paused", spec=spec)
    wait_for(
        "the pause to be seen",
        lambda: (delivery.get(PACKAGING, "PackageRepository", "paused").get("status") or {}).get(
            "friendlyDescription"
        ),
    )
    status = delivery.get(PACKAGING, "PackageRepository", "paused")["status"]
    assert status["friendlyDescription"] == "Paused"
    assert "conditions" not in status


def test_repository_needs_packages(delivery):
    reference = delivery._push(f"{delivery.repository}-odd:1", {"other.yml": "a: 1\n"})
    delivery.create(
        PACKAGING, "PackageRepository", "odd", spec={"fetch": {"imgpkgBundle": {"image": reference}}}
    )
    found = delivery.condition(PACKAGING, "PackageRepository", "odd", "ReconcileFailed")
    assert found["status"]["conditions"][0]["message"] == (
        "Invalid package repository content: must contain 'packages/' directory but did not"
    )


@pytest.mark.parametrize(
    ("name", "ref_name", "version", "text"),
    [
        ("other", "web.demo.carto", "1.0.0", "must be <spec.refName> + '.' + <spec.version>"),
        ("web.demo.1.0.0", "web.demo", "1.0.0", "at least three segments"),
        ("web.demo.carto.v1", "web.demo.carto", "v1", "must be valid semver"),
    ],
)
def test_packages_are_checked(delivery, name, ref_name, version, text):
    with pytest.raises(Invalid, match=text.replace("+", r"\+")):
        delivery.create(DATA, "Package", name, spec={"refName": ref_name, "version": version})


def test_packages_are_checked_with_the_words_of_the_real_api_server(delivery):
    """As kubectl tells them: what an API server of its own refuses is answered with the causes."""
    spec = {
        "refName": "web.demo.carto",
        "version": "1.0.0",
        "kubernetesVersionSelection": {"constraints": "v1"},
    }
    with pytest.raises(Invalid) as refused:
        delivery.create(DATA, "Package", "web.demo.carto.1.0.0", spec=spec)
    assert (
        '"web.demo.carto.1.0.0" is invalid: spec.kubernetesVersionSelection.constraints: '
        'Invalid value: "v1": '
        'Could not parse Range "v1": Could not parse comparator "v" in "v1"'
    ) in str(refused.value)


PAUSED = {"paused": True, "serviceAccountName": "deployer"}


@pytest.mark.parametrize(
    ("api", "kind", "spec", "text"),
    [
        (APP, "App", {**PAUSED, "fetch": [{"http": {"url": 5}}]}, r"spec\.fetch\[0\]\.http\.url"),
        (APP, "App", {**PAUSED, "template": [{"ytt": {"paths": "config"}}]}, r"template\[0\]\.ytt\.paths"),
        (APP, "App", {**PAUSED, "deploy": [{"kapp": {"rawOptions": "--wait"}}]}, r"kapp\.rawOptions"),
        (PACKAGING, "PackageRepository", {"paused": True, "fetch": {"image": []}}, r"spec\.fetch\.image"),
    ],
)
def test_a_field_of_another_type_is_refused(delivery, api, kind, spec, text):
    with pytest.raises(Invalid, match=text):
        delivery.create(api, kind, "slip", spec=spec)


def test_a_slip_of_the_pen_is_dropped_as_by_the_real_definition(delivery):
    fetch = [{"http": {"url": "http://nowhere.test/a.tgz", "ulr": "x", "subPath": "a"}}]
    delivery.create(APP, "App", "dropped", spec={**PAUSED, "fetch": fetch, "tempalte": []})
    spec = delivery.get(APP, "App", "dropped")["spec"]
    assert spec["fetch"] == [{"http": {"url": "http://nowhere.test/a.tgz", "subPath": "a"}}]
    assert "tempalte" not in spec
