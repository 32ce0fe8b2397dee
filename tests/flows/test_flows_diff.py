"""What differs between two package versions, read from a registry in memory."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from package_versions import APP, package, pushed
from registry_fixtures import *  # noqa: F403

from pkgops.errors import Exit, PreflightError, RefusedError, StepFailed, UsageError
from pkgops.flows import diff as flow
from pkgops.flows.did_you_mean import unknown
from pkgops.flows.promotion import contents
from pkgops.flows.promotion.compare import Action, Contents, compare
from pkgops.formats import yaml
from pkgops.model import Environment, Snapshot, Verdict
from pkgops.settings import EnvironmentSetting

OLD, NEW, SAME = "0.1.1", "0.1.2", "0.1.3"


def service(image, **spec):
    template = {"spec": {"containers": [{"image": image}]}}
    meta = {"name": "hello", "namespace": "apps"}
    return {
        "apiVersion": "serving.knative.dev/v1",
        "kind": "Service",
        "metadata": meta,
        "spec": {"template": template, **spec},
    }


def secret(value, **more):
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "key", **more},
        "stringData": {"k": value},
    }


def subjects(changes):
    return [(change.action, change.subject) for change in changes]


def test_resources_are_added_removed_and_changed():
    gone = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "gone"}}
    new = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "new"}}
    found = compare(
        Contents(version="1", objects=(service("a"), gone)),
        Contents(version="2", objects=(new, service("b"))),
    )
    assert subjects(found.objects) == [
        (Action.REMOVED, "ConfigMap gone"),
        (Action.ADDED, "ConfigMap new"),
        (Action.CHANGED, "Service.serving.knative.dev hello in apps"),
    ]
    changed = found.objects[2].diff.splitlines()
    assert [line.strip("+- ") for line in changed if line[0] in "+-" and "image" in line] == [
        "image: a",
        "image: b",
    ]


def test_the_order_of_resources_and_keys_and_the_name_of_a_version_are_no_difference():
    other = dict(reversed(list(service("a").items())))
    before = Contents(version="1", objects=(service("a"), secret("x")), package=(package("1"),))
    after = Contents(version="2", objects=(secret("x"), other), package=(package("2"),))
    assert not compare(before, after).any


@pytest.mark.parametrize("data", [{"stringData": {"k": "s3cret"}}, {"data": "s3cret"}, {"data": ["s3cret"]}])
@pytest.mark.parametrize("key", ["kubectl.kubernetes.io/last-applied-configuration", "kapp.k14s.io/original"])
def test_no_value_of_a_secret_is_shown(data, key):
    before = {**secret("old-s3cret"), **data}
    after = secret("other-s3cret", annotations={key: "copy of s3cret"})
    found = compare(Contents(version="1", objects=(before,)), Contents(version="2", objects=(after,)))
    assert subjects(found.objects) == [(Action.CHANGED, "Secret key")]
    told = repr(found)
    assert "s3cret" not in told
    assert base64.b64encode(b"other-s3cret").decode() not in told
    assert "sha256:" not in told


def test_a_changed_value_of_a_secret_is_told_from_a_kept_one():
    before, after = secret(None), secret(None)
    before["stringData"] = {"kept": "a", "moved": "b", "gone": "c"}
    after["stringData"] = {"moved": "d", "new": "e"}
    after["data"] = {"kept": base64.b64encode(b"a").decode()}
    (change,) = compare(
        Contents(version="1", objects=(before,)), Contents(version="2", objects=(after,))
    ).objects
    assert [line for line in change.diff.splitlines() if line[0] in "+-"][2:] == [
        "-  gone: <masked>",
        "-  moved: <masked>",
        "+  moved: <masked, changed>",
        "+  new: <masked>",
    ]


def test_images_are_compared_by_repository_and_digest():
    found = compare(
        Contents(version="1", images=(f"{APP}aa", "r/kept@sha256:cc")),
        Contents(version="2", images=(f"{APP}bb", "r/kept@sha256:cc")),
    )
    (change,) = found.images
    assert (change.subject, change.before, change.after) == (
        "registry.example.com/hello",
        "sha256:aa",
        "sha256:bb",
    )


def test_a_changed_values_schema_is_shown_with_the_package():
    before = Contents(version="1", package=(package("1", valuesSchema={"openAPIv3": {"type": "object"}}),))
    found = compare(before, Contents(version="2", package=(package("2", valuesSchema={"openAPIv3": {}}),)))
    (change,) = found.package
    assert "-      type: object" in change.diff
    assert "version" not in [line.strip("+- ").partition(":")[0] for line in change.diff.splitlines()]


def snapshot(*environments):
    return Snapshot(taken_at=datetime(2026, 1, 1, tzinfo=UTC), workload=None, environments=environments)


def runs(name, version):
    return Environment(name=name, namespace=name, verdict=Verdict.READY, version=version)


def test_what_runs_is_compared_with_what_would_come():
    seen = snapshot(runs("dev", NEW), runs("prod", OLD))
    path = [EnvironmentSetting(name=name, namespace=name) for name in ("dev", "prod")]
    assert flow.versions_of(seen, flow.DiffRequest(to="prod"), path) == (OLD, NEW)
    assert flow.versions_of(seen, flow.DiffRequest(to="prod", version=SAME), path) == (OLD, SAME)
    assert flow.versions_of(snapshot(runs("dev", NEW)), flow.DiffRequest(to="prod"), path) == ("", NEW)
    with pytest.raises(RefusedError, match="nothing is installed in dev"):
        flow.versions_of(snapshot(runs("prod", OLD)), flow.DiffRequest(to="prod"), path)


def test_a_version_that_left_the_registry_is_named():
    def read(settings, version):
        if version == NEW:
            return Contents(version=NEW)
        raise unknown("version", version, [NEW], "in registry.example.com/hello-ops-pkg")

    with pytest.raises(PreflightError, match=rf"no longer has {OLD}, which prod runs") as caught:
        flow.between(None, OLD, NEW, "prod", read)
    assert (caught.value.slug, caught.value.exit_code) == ("version-gone", Exit.UNREACHABLE)
    with pytest.raises(UsageError, match=f"there is no version '{OLD}' in registry"):
        flow.between(None, OLD, NEW, "", read)
    with pytest.raises(UsageError, match=f"there is no version '{OLD}' in registry"):
        flow.between(None, NEW, OLD, "prod", read)


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"from_version": OLD},
        {"to_version": OLD},
        {"to": "prod", "from_version": OLD, "to_version": NEW},
        {"from_version": OLD, "to_version": NEW, "version": SAME},
        {"to": "prod", "version": ">0.1"},
    ],
)
def test_options_that_do_not_go_together_are_refused(asked):
    with pytest.raises(UsageError):
        flow._check(SimpleNamespace(settings=SimpleNamespace(environments=())), flow.DiffRequest(**asked))


def test_no_error_ends_like_a_difference():
    assert flow.with_own_exit_code(StepFailed("a", slug="bundle-images")).exit_code is Exit.UNREACHABLE
    assert flow.with_own_exit_code(StepFailed("a", slug="bundle-images")).slug == "bundle-images"
    refused = PreflightError("b")
    assert flow.with_own_exit_code(refused) is refused


@pytest.fixture
def settings(registry):
    """Settings of a workload whose packages are in the registry in memory."""
    return SimpleNamespace(
        workload="hello",
        required=lambda key, why: f"{registry.host}/apps/",
        text=lambda key: {"registry.username": "ada"}.get(key, "s3cret"),
    )


def test_both_bundles_are_read_from_the_registry(registry, settings, tmp_path):
    listed = {"apiVersion": "v1", "kind": "List", "items": [secret("s3cret")]}
    rules = {"apiVersion": "kapp.k14s.io/v1alpha1", "kind": "Config", "rebaseRules": []}
    text = yaml.dump_all([rules, service("a"), listed])
    values = "#@data/values\n---\npassword: s3cret\n"
    pushed(registry, tmp_path, OLD, {"delivery.yml": text, "values.yml": values})
    pushed(
        registry, tmp_path, NEW, {"delivery.yml": text, "values.yml": values + "more: 1\n", "bad.yml": "{"}
    )
    pushed(registry, tmp_path, SAME, {"delivery.yml": text, "values.yml": values})
    old, new, same = (contents.of_version(settings, version) for version in (OLD, NEW, SAME))
    assert [obj["kind"] for obj in old.objects] == ["Config", "Service", "Secret"]
    assert [obj["kind"] for obj in old.package] == ["Package"]
    found = compare(old, new)
    assert subjects(found.files) == [(Action.ADDED, "ops/bad.yml"), (Action.CHANGED, "ops/values.yml")]
    assert subjects(found.images) == [(Action.CHANGED, f"{registry.host}/apps/hello-ops")]
    assert found.objects == ()
    assert "s3cret" not in repr(found)
    assert {(change.before, change.after) for change in found.files} == {("", "")}
    assert not compare(old, same).any
    with pytest.raises(UsageError, match=r"there is no version '0\.1\.9'"):
        contents.of_version(settings, "0.1.9")
