"""Builders put together from published parts, and the pods that call their own programs as kpack does."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from fake_registry import FakeRegistry
from kpack_published import APIS, ORDER, STACK, Published
from registry_fixtures import client, registry

from pkgops.local.images.cnb import lifecycle_labels
from pkgops.oci import ImageRef, RegistryClient, read_image
from pkgops.oci.image import empty_image
from pkgops.platform.kpack.assembly import check
from pkgops.platform.kpack.available import listed
from pkgops.platform.kpack.builderconfig import BuilderConfig, builder_config
from pkgops.platform.kpack.buildspec import make_build
from pkgops.platform.kpack.credentials import Account
from pkgops.platform.kpack.parts import BadPart, read_buildpacks, read_lifecycle, read_stack
from pkgops.platform.kpack.pod import PodImages, build_pod, rebase_pod
from pkgops.platform.kpack.resolving import Available, ListedBuildpack, choose, nested

__all__ = ["client", "registry"]


@pytest.fixture
def published(registry: FakeRegistry, client: RegistryClient) -> Published:
    return Published(registry, client)


def test_a_builder_has_the_lifecycle_s_programs_and_all_buildpacks_that_others_are_made_of(
    published: Published,
) -> None:
    image, plan = published.builder(), published.plan()
    assert {one.id for one in plan.buildpacks()} == {"shop/meta", "shop/leaf", "shop/other"}
    layers = [layer.diff_id for layer in image.layers]
    assert plan.lifecycle.layer.diff_id in layers
    assert {one.layer.diff_id for one in plan.buildpacks()} <= set(layers)
    # Only the programs of the lifecycle's image, not its base image.
    lifecycle = read_image(published.client, ImageRef.parse(published.lifecycle))
    assert lifecycle.layers[0].diff_id not in layers
    label = json.loads(image.labels["io.buildpacks.buildpack.layers"])
    assert label["shop/meta"]["9.0.0"]["order"] == ORDER
    assert json.loads(image.labels["io.buildpacks.buildpack.order"]) == [
        {"group": [{"id": "shop/meta", "version": "9.0.0"}]}
    ]
    metadata = json.loads(image.labels["io.buildpacks.builder.metadata"])
    assert (metadata["lifecycle"]["version"], metadata["lifecycle"]["apis"]) == ("0.20.1", APIS)
    assert json.loads(image.labels["io.buildpacks.lifecycle.apis"]) == APIS
    assert image.labels["team"] == "shop"


def test_a_pod_runs_as_the_builder_s_user_and_speaks_the_newest_common_api(
    published: Published,
) -> None:
    config = builder_config(published.builder())
    run_image = config.run_image
    assert "-run-image@sha256:" in run_image
    assert config == BuilderConfig(
        platform_api="0.9", user=1001, group=1002, stack=STACK, run_image=run_image, cache_in_build=False
    )
    pod = pod_of(config)
    assert (pod["securityContext"]["runAsUser"], pod["securityContext"]["fsGroup"]) == (1001, 1002)
    spoken = {
        one["name"]: next((env["value"] for env in one["env"] if env["name"] == "CNB_PLATFORM_API"), "")
        for one in pod["initContainers"]
    }
    assert set(spoken.values()) == {"", "0.9"}
    assert [name for name, version in spoken.items() if not version] == ["prepare"]
    old = {**APIS, "platform": {"deprecated": ["0.7"], "supported": ["0.8"]}}
    published.lifecycle = published.lifecycle_of(old)
    assert builder_config(published.builder()).platform_api == "0.8"


def pod_of(config: BuilderConfig, *, rebase: bool = False) -> dict[str, Any]:
    meta = {"name": "web", "namespace": "apps", "uid": "1", "generation": 1}
    spec = {"tag": "r.io/web", "builder": {"kind": "Builder", "name": "b"}, "build": {}}
    image = {"apiVersion": "kpack.io/v1alpha2", "kind": "Image", "metadata": meta, "spec": spec}
    image["status"] = {"buildCacheName": "web-cache"}
    builder = {"status": {"latestImage": "r.io/b@sha256:a", "stack": {"runImage": "r.io/run"}}}
    last = {
        "status": {"latestImage": "r.io/web@sha256:b", "stack": {"id": STACK}, "conditions": READY},
        "spec": {},
    }
    now = datetime(2026, 1, 1, tzinfo=UTC)
    build = make_build(image, {"blob": {"url": "u"}}, builder, last if rebase else None, [], 1, now)
    build["metadata"]["uid"] = "2"
    account, images = Account("sa"), PodImages("i", "c", "r")
    made = (
        rebase_pod(build, account, images, config)
        if rebase
        else build_pod(build, account, images, (), config)
    )
    found: dict[str, Any] = made["spec"]
    return found


READY = [{"type": "Succeeded", "status": "True"}]


def test_only_buildpacks_of_our_own_lifecycle_see_the_cache_while_they_build(published: Published) -> None:
    cache = {"name": "cache-dir", "mountPath": "/cache"}
    seen = {}
    for own in (False, True):
        labels = lifecycle_labels("1.0") if own else {}
        if own:
            published.lifecycle = published.push("own", empty_image(Labels=labels), "cnb/lifecycle/detector")
            published.package = published.package_of("0.9")
        containers = pod_of(builder_config(published.builder()))["initContainers"]
        seen[own] = [one["name"] for one in containers if cache in one["volumeMounts"]]
    assert seen == {False: ["restore", "export"], True: ["restore", "build", "export"]}


def test_the_pod_that_exchanges_the_run_image_runs_as_the_builder_s_user_too(published: Published) -> None:
    pod = pod_of(builder_config(published.builder()), rebase=True)
    assert [one["name"] for one in pod["initContainers"]] == ["rebase"]
    assert pod["securityContext"]["runAsUser"] == 1001


@pytest.mark.parametrize(
    ("apis", "api", "said"),
    [
        (
            {**APIS, "platform": {"deprecated": [], "supported": ["0.10", "0.14"]}},
            "0.10",
            "unsupported platform apis in kpack lifecycle: 0.10, 0.14, expecting one of: 0.3, ",
        ),
        (APIS, "0.11", "validating buildpack shop/"),
        (APIS, "0.11", "unsupported buildpack api: 0.11, expecting: 0.2, 0.7, 0.8, 0.10"),
    ],
)
def test_what_the_lifecycle_cannot_drive_is_refused_in_kpack_s_words(
    published: Published, apis: dict[str, Any], api: str, said: str
) -> None:
    published.lifecycle, published.package = published.lifecycle_of(apis), published.package_of(api)
    with pytest.raises(BadPart) as refused:
        published.builder()
    assert said in refused.value.what


def test_a_buildpack_that_needs_a_package_of_the_stack_is_refused_without_it(published: Published) -> None:
    plan = published.plan()
    leaf = next(one for one in plan.buildpacks() if one.id == "shop/leaf")
    leaf.facts["stacks"] = [{"id": STACK, "mixins": ["git", "curl"]}]
    with pytest.raises(BadPart, match=r"buildpack shop/leaf@1\.2\.0: stack missing mixin\(s\): git, curl"):
        check(plan)
    check(replace(plan, stack=replace(plan.stack, mixins=["curl", "build:git", "run:git"])))


def test_a_buildpack_that_another_names_and_the_store_lacks_is_named(published: Published) -> None:
    stored = Available(store=[one for one in published.listed("ClusterStore") if one.id != "shop/leaf"])
    with pytest.raises(BadPart, match=r"could not find buildpack with id 'shop/leaf'"):
        nested(choose([{"group": [{"id": "shop/meta"}]}], stored), stored)


def test_an_image_that_is_no_lifecycle_or_no_builder_is_told_apart(published: Published) -> None:
    with pytest.raises(BadPart, match=r"could not find label io\.buildpacks\.builder\.metadata on image"):
        read_lifecycle(published.client, published.run)
    run = read_image(published.client, ImageRef.parse(published.run))
    with pytest.raises(BadPart, match=r"could not find label io\.buildpacks\.builder\.metadata"):
        builder_config(run)
    with pytest.raises(BadPart, match="ENV CNB_USER_ID not found"):
        read_stack(published.client, STACK, published.run, published.run)


NOBODY: list[tuple[dict[str, Any], str]] = [
    ({"kind": "ClusterBuildpack", "name": "x"}, "no cluster buildpack with name 'x'"),
    ({"kind": "ClusterBuildpack", "name": "x", "id": "a"}, "cluster buildpack not found: x"),
    ({"kind": "Buildpack", "name": "x"}, "no buildpack with name 'x'"),
    ({"kind": "Buildpack", "name": "x", "id": "a"}, "buildpack not found: x"),
    ({"kind": "Buildpack", "name": "shop", "id": "a"}, "could not find buildpack with id 'a'"),
    ({"id": "shop/leaf", "version": "7"}, "could not find buildpack with id 'shop/leaf' and version '7'"),
    ({"kind": "Buildpack", "name": "parts"}, "unexpected number of root buildpacks: 2"),
    ({"kind": "Buildpack", "name": "odd", "id": "odd"}, "due to invalid semver 'one'"),
]


@pytest.mark.parametrize(("entry", "said"), NOBODY)
def test_an_entry_of_nobody_is_refused_in_kpack_s_words(
    published: Published, entry: dict[str, Any], said: str
) -> None:
    shop = published.listed("Buildpack")
    named = {
        ("Buildpack", "shop"): shop,
        ("Buildpack", "parts"): [one for one in shop if one.id != "shop/meta"],
        ("Buildpack", "odd"): [ListedBuildpack("odd", "one", (), shop[0].read)],
    }
    with pytest.raises(BadPart, match=said):
        Available(named=named).resolve(entry)


def test_a_buildpack_s_name_means_the_one_that_none_of_its_others_is_made_of(published: Published) -> None:
    there = Available(named={("ClusterBuildpack", "shop"): published.listed("ClusterBuildpack")})
    groups = choose([{"group": [{"kind": "ClusterBuildpack", "name": "shop"}]}], there)
    assert [(one.id, one.version) for group in groups for one, _ in group] == [("shop/meta", "9.0.0")]
    assert {one.id for one in nested(groups, there)} == {"shop/leaf", "shop/other"}
    one = there.resolve({"kind": "ClusterBuildpack", "name": "shop", "id": "shop/leaf"})
    assert (one.id, one.version) == ("shop/leaf", "1.2.0")


def test_an_id_means_the_newest_of_all_that_is_there(published: Published) -> None:
    leaf = next(one for one in published.listed("Buildpack") if one.id == "shop/leaf")

    def at(version: str) -> ListedBuildpack:
        return ListedBuildpack("shop/leaf", version, (), lambda: replace(leaf.read(), version=version))

    there = Available(
        named={("Buildpack", "a"): [at("1.10.0-rc.1")], ("ClusterBuildpack", "b"): [at("1.9.0")]},
        store=[at("1.2.0")],
    )
    assert there.resolve({"id": "shop/leaf"}).version == "1.10.0-rc.1"
    newest = Available(named={**there.named, ("Buildpack", "c"): [at("1.10.0")]}, store=there.store)
    assert newest.resolve({"id": "shop/leaf"}).version == "1.10.0"
    assert newest.resolve({"id": "shop/leaf", "version": "1.2.0"}).version == "1.2.0"


def test_what_an_image_has_no_more_is_told(published: Published) -> None:
    gone = listed({"status": {"buildpacks": [
        {"id": "shop/leaf", "version": "0.1", "storeImage": {"image": published.package}}
    ]}}, lambda image: read_buildpacks(published.client, image))  # fmt: skip
    with pytest.raises(BadPart, match=r"has no buildpack shop/leaf@0\.1 any more"):
        Available(store=gone).resolve({"id": "shop/leaf"})
