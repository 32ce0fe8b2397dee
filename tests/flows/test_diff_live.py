"""What kapp would change of what is live: a version is deployed by its rules, then another is compared."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from package_versions import package

from pkgops import kapp
from pkgops.errors import PkgopsError
from pkgops.flows.promotion import live
from pkgops.flows.promotion.compare import Action, Contents
from pkgops.formats import yaml
from pkgops.kube import connect

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PLACE = "apps-prod"
STEPS = {
    "template": [{"ytt": {"paths": ["."]}}, {"kbld": {"paths": ["-", ".imgpkg/images.yml"]}}],
    "deploy": [{"kapp": {}}],
}
LOCK = "apiVersion: imgpkg.carvel.dev/v1alpha1\nkind: ImagesLock\nimages: []\n"
RULES = """
apiVersion: kapp.k14s.io/v1alpha1
kind: Config
rebaseRules:
  - path: [data, counter]
    type: copy
    sources: [existing, new]
    resourceMatchers:
      - apiVersionKindMatcher: {apiVersion: v1, kind: ConfigMap}
"""
TEMPLATE = """
#@ load("@ytt:data", "data")
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: greeting
data:
  greeting: #@ data.values.greeting
  counter: "0"
"""


OVERLAY = """
apiVersion: kapp.k14s.io/v1alpha1
kind: Config
rebaseRules:
  - ytt:
      overlayContractV1:
        overlay.yml: |
          #@ load("@ytt:data", "data")
          #@ load("@ytt:overlay", "overlay")
          #@overlay/match by=overlay.all
          ---
          data:
            @WHAT@
    resourceMatchers:
      - apiVersionKindMatcher: {apiVersion: v1, kind: @KIND@}
"""


def overlay(kind, what):
    return OVERLAY.replace("@KIND@", kind).replace("@WHAT@", what)


def version(number, greeting="Hello", more="", template=TEMPLATE):
    files = {
        "config.yml": template,
        "values.yml": f"#@data/values\n---\ngreeting: {greeting}\n",
        "more.yml": more,
        "rules.yml": RULES,
        ".imgpkg/images.yml": LOCK,
    }
    found = package(number, template={"spec": STEPS})
    bundle = {name: text.encode() for name, text in files.items() if text}
    return Contents(version=number, package=(found,), bundle=bundle)


def secret(value):
    obj = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "key"}, "stringData": {"k": value}}
    return yaml.dump_all([obj])


@pytest.fixture
def memory(memory_api):
    memory_api.namespaces(PLACE)
    for api_version, kind in ((live.PACKAGING, "PackageInstall"), (live.KAPP_CONTROLLER, "App")):
        memory_api.serve((api_version, kind), namespaced=True)
    return memory_api


@pytest.fixture
def client(memory, tmp_path):
    return connect(memory.kubeconfig(tmp_path / "admin"))


@pytest.fixture
def installed(memory, client):
    """Installs a version as kapp-controller does; gives the values Secret when asked for it."""

    def install(found, values=None):
        spec = {"packageRef": {"refName": "hello.example.com"}}
        if values:
            spec["values"] = [{"secretRef": {"name": "values"}}]
            memory.put(
                {
                    "apiVersion": "v1",
                    "kind": "Secret",
                    "metadata": {"name": "values", "namespace": PLACE, "uid": "values"},
                    "data": {"values.yml": values},
                }
            )
        memory.put(
            {
                "apiVersion": live.PACKAGING,
                "kind": "PackageInstall",
                "metadata": {"name": "hello", "namespace": PLACE, "uid": "hello"},
                "spec": spec,
            }
        )
        app = live._installation(client, PLACE, found)
        pace = kapp.Pace(now=lambda: NOW, sleep=time.sleep)
        options = replace(live._options(app), wait=False)
        kapp.App(client=client, name="hello.app", namespace=PLACE, pace=pace, options=options).deploy(
            live._rendered(client, app, found), kapp.Output(lambda: NOW, lambda _: None)
        )

    return install


def changes(client, found):
    return live.changes(client, PLACE, found, lambda: NOW)


def lines(change):
    return [line for line in change.diff.splitlines() if line[:1] in "+-" and line[:3] not in ("---", "+++")]


def test_nothing_changes_where_the_same_is_live(installed, client):
    installed(version("0.1.1"))
    assert changes(client, version("0.1.2")) == ()


def test_the_rendered_resource_is_compared_with_what_is_live(installed, client):
    installed(version("0.1.1"))
    (one,) = changes(client, version("0.1.2", "Welcome"))
    assert (one.action, one.subject) == (Action.CHANGED, f"ConfigMap greeting in {PLACE}")
    assert lines(one) == ["-  greeting: Hello", "+  greeting: Welcome"]


def test_what_somebody_changed_there_is_taken_back_unless_a_rule_of_the_bundle_keeps_it(installed, client):
    installed(version("0.1.1"))
    client.patch("v1", "ConfigMap", "greeting", PLACE, {"data": {"counter": "7"}})
    assert changes(client, version("0.1.2")) == ()
    client.patch("v1", "ConfigMap", "greeting", PLACE, {"data": {"greeting": "Bye"}})
    (one,) = changes(client, version("0.1.2"))
    assert lines(one) == ["-  greeting: Bye", "+  greeting: Hello"]


def test_what_left_the_bundle_is_deleted_and_what_is_new_is_created(installed, client):
    installed(version("0.1.1", more=secret("s3cret")))
    other = TEMPLATE.replace("name: greeting", "name: other")
    found = changes(client, version("0.1.2", template=other))
    assert [(one.action, one.subject) for one in found] == [
        (Action.REMOVED, f"ConfigMap greeting in {PLACE}"),
        (Action.ADDED, f"ConfigMap other in {PLACE}"),
        (Action.REMOVED, f"Secret key in {PLACE}"),
    ]
    assert not any(word in one.diff for one in found for word in ("uid", "resourceVersion", "s3cret"))


def test_of_a_secret_only_whether_it_changes_is_told(installed, client):
    installed(version("0.1.1", more=secret("old-s3cret")))
    assert changes(client, version("0.1.2", more=secret("old-s3cret"))) == ()
    (one,) = changes(client, version("0.1.2", more=secret("new-s3cret")))
    assert lines(one) == ["-  k: <masked>", "+  k: <masked, changed>"]


def test_values_of_the_installation_count(installed, client):
    given = "Z3JlZXRpbmc6IEdpdmVuCg=="  # greeting: Given
    installed(version("0.1.1"), values=given)
    assert changes(client, version("0.1.2", "Welcome")) == ()
    assert client.get("v1", "ConfigMap", "greeting", PLACE)["data"]["greeting"] == "Given"


def test_why_it_is_not_known_is_told(installed, client, memory, tmp_path):
    with pytest.raises(PkgopsError, match=r"hello\.example\.com is not installed in apps-prod"):
        changes(client, version("0.1.1"))
    installed(version("0.1.1", more=secret("s3cret")))
    with pytest.raises(
        PkgopsError, match=r"0\.1\.2 cannot be rendered here: ytt or kbld refuses it"
    ) as caught:
        changes(client, version("0.1.2", template=TEMPLATE.replace("greeting:", "a: #@ nope\n  greeting:")))
    assert "nope" not in str(caught.value)
    memory.allow("jane", ("get", "list"), ("packageinstalls", "apps", "configmaps"), PLACE)
    with pytest.raises(PkgopsError, match="secrets"):
        changes(connect(memory.kubeconfig(tmp_path / "jane", user="jane")), version("0.1.2"))


def test_overlays_among_the_rules_of_the_bundle_count(installed, client):
    keeps = overlay("ConfigMap", "greeting: #@ data.values.existing.data.greeting")
    installed(version("0.1.1", more=keeps))
    client.patch("v1", "ConfigMap", "greeting", PLACE, {"data": {"greeting": "Bye"}})
    assert changes(client, version("0.1.2", "Welcome", more=keeps)) == ()
    (one,) = changes(client, version("0.1.2", "Welcome"))
    assert lines(one) == ["-  greeting: Bye", "+  greeting: Welcome"]


def test_an_overlay_that_fails_repeats_no_secret(installed, client):
    installed(version("0.1.1", more=secret("old-s3cret")))
    fails = secret("new-s3cret") + "---" + overlay("Secret", "k: #@ fail(str(data.values.existing.data))")
    with pytest.raises(PkgopsError, match=r"secret/key .*: an overlay of a rebase rule fails") as caught:
        changes(client, version("0.1.2", more=fails))
    told = str(caught.value)
    assert not any(word in told for word in ("s3cret", "b2xkLXMzY3JldA"))


def test_a_comparison_changes_nothing(installed, client, memory):
    installed(version("0.1.1"))
    begun = len(memory.requests)
    changes(client, version("0.1.2", "Welcome"))
    assert {method for method, _ in memory.requests[begun:]} == {"GET"}
