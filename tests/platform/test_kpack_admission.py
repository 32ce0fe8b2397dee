"""Each rule of kpack's webhooks, with the real messages."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from pkgops.kube import Obj
from pkgops.platform.config import PlatformConfig
from pkgops.platform.kpack.defaults import NEEDED, default_objects
from pkgops.platform.kpack.review import defaulted, problems
from pkgops.platform.resourcewebhooks import NotDecoded, ResourceWebhooks

GIT = {"git": {"url": "https://git/app.git", "revision": "main"}}
FORM = r"^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$"


def image(name: str = "web", **spec: Any) -> Obj:
    whole = {
        "tag": "registry.io/team/web",
        "builder": {"kind": "ClusterBuilder", "name": "builder"},
        "source": GIT,
        **spec,
    }
    return {"kind": "Image", "metadata": {"name": name}, "spec": whole}


def build(**spec: Any) -> Obj:
    whole = {
        "tags": ["registry.io/team/web"],
        "builder": {"image": "registry.io/builder"},
        "source": GIT,
        **spec,
    }
    return {"kind": "Build", "metadata": {"name": "web-build-1"}, "spec": whole}


def refused(obj: Obj, old: Obj | None = None, *, default_class: bool = True) -> list[str]:
    """The refusals of an object as it comes to the validating webhook: after the defaults."""
    before = defaulted(old, has_default_class=default_class) if old else None
    return problems(defaulted(obj, has_default_class=default_class), before, has_default_class=default_class)


def test_what_is_whole_passes() -> None:
    assert refused(image()) == []
    assert refused(image(), default_class=False) == []
    assert refused(image(), image()) == []
    assert refused(build()) == []
    assert refused(build(), build()) == []
    everything = {
        "additionalTags": ["registry.io/team/web:stable"],
        "cache": {"volume": {"size": "1Gi", "storageClassName": "fast"}},
        "build": {
            "services": [{"name": "db", "kind": "Secret"}, {"name": "queue", "kind": "Secret"}],
            "env": [{"name": "A", "value": "b"}, {"name": "B", "valueFrom": {"configMapKeyRef": {}}}],
            "creationTime": "1700000000",
            "resources": {"limits": {"memory": "1Gi"}},
            "nodeSelector": {"disk": "fast"},
        },
        "cosign": {"annotations": [{"name": "a", "value": "b"}]},
    }
    assert refused(image(**everything), default_class=False) == []


SERVICES = "spec.build.services"
IMAGES: list[tuple[Obj, str]] = [
    ({"tag": "registry.io/team/Web"}, "invalid value: registry.io/team/Web: spec.tag"),
    (
        {"tag": "registry.io/web@sha256:" + "a" * 64},
        "invalid value: registry.io/web@sha256:" + "a" * 64 + ": spec.tag",
    ),
    ({"tag": ""}, "missing field(s): spec.tag"),
    ({"additionalTags": ["registry.io/ok", "A/B"]}, "invalid value: A/B: spec.additionalTags[1]"),
    (
        {"additionalTags": ["other.io/team/web"]},
        "all additionalTags must have the same registry as tag: spec.additionalTags\n"
        "expected registry: registry.io, got: other.io",
    ),
    ({"builder": {"kind": "Builder"}}, "missing field(s): spec.builder.name"),
    ({"builder": {"name": "b"}}, "invalid value: : spec.builder.kind"),
    ({"builder": {"name": "b", "kind": "Deployment"}}, "invalid value: Deployment: spec.builder.kind"),
    (
        {"source": {}},
        "expected exactly one, got neither: spec.source.blob, spec.source.git, spec.source.registry",
    ),
    (
        {"source": {**GIT, "blob": {"url": "u"}}},
        "expected exactly one, got both: spec.source.blob, spec.source.git",
    ),
    ({"source": {"git": {"url": "https://u"}}}, "missing field(s): spec.source.git.revision"),
    (
        {"source": {"git": {"url": "git@g.io:x/y.git", "revision": "main"}}},
        "the local platform fetches over http and https, not from git@g.io:x/y.git: spec.source.git.url",
    ),
    ({"source": {"git": {}}}, "missing field(s): spec.source.git.revision, spec.source.git.url"),
    ({"source": {"blob": {}}}, "missing field(s): spec.source.blob.url"),
    (
        {"source": {"blob": {"url": "u", "auth": "mine"}}},
        "invalid value: mine: spec.source.blob.auth\nmust be one of '', 'helper', or 'secret'",
    ),
    (
        {"source": {"blob": {"url": "u", "stripComponents": -1}}},
        "expected positive integer got -1: spec.source.blob.stripComponents",
    ),
    ({"source": {"registry": {}}}, "missing field(s): spec.source.registry.image"),
    ({"source": {"registry": {"image": "A/B"}}}, "invalid value: A/B: spec.source.registry.image"),
    (
        {"cache": {"volume": {"size": "1G"}, "registry": {"tag": "registry.io/cache"}}},
        "only one type of cache can be specified: spec.cache.registry, spec.cache.volume",
    ),
    (
        {"build": {"services": [{"name": "db", "kind": "Secret"}, {"name": "db", "kind": "Secret"}]}},
        f'duplicate service name "db": {SERVICES}[0].name, {SERVICES}[1].name',
    ),
    ({"build": {"services": [{"kind": "Secret"}]}}, f"missing field(s): {SERVICES}[0].name"),
    ({"build": {"services": [{"name": "db"}]}}, f"missing field(s): {SERVICES}[0].kind"),
    ({"build": {"services": [{"name": "D_B", "kind": "Secret"}]}}, f"invalid value: D_B: {SERVICES}[0].name"),
    (
        {"build": {"env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}]}},
        "secretKeyRef is not supported for build environment variables: "
        "spec.build.env[0].valueFrom.secretKeyRef",
    ),
    ({"build": {"creationTime": "today"}}, "invalid value: today: spec.build.creationTime"),
    (
        {"build": {"nodeSelector": {"kubernetes.io/os": "linux"}}},
        'invalid key name "kubernetes.io/os": spec.build.nodeSelector\nos is determined automatically',
    ),
    (
        {"build": {"cnbBindings": [{"name": "a"}]}},
        "use of this field has been deprecated in v1alpha2, please use v1alpha1 for CNB bindings: "
        "spec.build.cnbBindings",
    ),
    (
        {"notary": {"v1": {}}},
        "use of this field has been deprecated in v1alpha2, please use v1alpha1 for notary image signing: "
        "spec.notary",
    ),
    ({"cosign": {"annotations": [{"name": "a"}]}}, "missing field(s): spec.cosign.annotations[0].value"),
    (
        {"failedBuildHistoryLimit": 0},
        "build history limit must be greater than 0: spec.failedBuildHistoryLimit",
    ),
    (
        {"successBuildHistoryLimit": 0},
        "build history limit must be greater than 0: spec.successBuildHistoryLimit",
    ),
]


@pytest.mark.parametrize(("spec", "text"), IMAGES)
def test_images(spec: Obj, text: str) -> None:
    assert refused(image(**spec)) == [text]


def test_an_image_is_named_by_a_label() -> None:
    long = "a" * 64
    assert refused(image(name=long)) == [
        f"invalid image name: {long}, name must be a valid label: metadata.name\n"
        "must be no more than 63 characters"
    ]


def test_a_cache_without_a_class_needs_a_default_one() -> None:
    wanted = image(cache={"volume": {"size": "1G"}})
    assert refused(wanted) == []
    assert refused(wanted, default_class=False) == [
        "spec.cache.volume.size cannot be set without spec.cache.volume.storageClassName "
        "or a default StorageClass: "
    ]


def cached(size: str, name: str = "") -> Obj:
    return image(cache={"volume": {"size": size, **({"storageClassName": name} if name else {})}})


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        (
            image(),
            image(tag="registry.io/team/other"),
            ["Immutable field changed: spec.tag\ngot: registry.io/team/other, want: registry.io/team/web"],
        ),
        (
            cached("2G"),
            cached("1500Mi"),
            ["Field cannot be decreased: spec.cache.volume.size\ncurrent: 2G, requested: 1500Mi"],
        ),
        (cached("2G"), cached("2Gi"), []),
        (
            cached("2G", "fast"),
            cached("2G", "slow"),
            ["Immutable field changed: spec.cache.volume.storageClassName\ngot: slow, want: fast"],
        ),
    ],
)
def test_changes_of_an_image(old: Obj, new: Obj, found: list[str]) -> None:
    assert refused(new, old) == found


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        ({"tags": []}, "missing field(s): spec.tags"),
        ({"tags": ["A/B"]}, "invalid value: A/B: spec.tags[0]"),
        ({"builder": {}}, "missing field(s): spec.builder.image, spec.builder.ref"),
        ({"builder": {"image": "A/B"}}, "invalid value: A/B: spec.builder.image"),
        ({"builder": {"ref": {"name": "b"}}}, "missing field(s): spec.builder.ref.kind"),
        (
            {"builder": {"image": "registry.io/b1", "ref": {"name": "b", "kind": "Builder"}}},
            "expected exactly one, got both: spec.builder.image, spec.builder.ref",
        ),
        (
            {"cache": {"volume": {}, "registry": {"tag": "t"}}},
            "only one type of cache can be specified: spec.cache.registry, spec.cache.volume",
        ),
        ({"lastBuild": {"image": "A/B"}}, "invalid value: A/B: spec.lastBuild.image"),
        ({"services": [{"name": "db"}]}, "missing field(s): spec.services[0].kind"),
        (
            {"nodeSelector": {"kubernetes.io/os": "linux"}},
            'invalid key name "kubernetes.io/os": spec.nodeSelector\nos is determined automatically',
        ),
        (
            {"env": [{"name": "A", "valueFrom": {"secretKeyRef": {}}}]},
            "secretKeyRef is not supported for build environment variables: "
            "spec.env[0].valueFrom.secretKeyRef",
        ),
    ],
)
def test_builds(spec: Obj, text: str) -> None:
    assert refused(build(**spec)) == [text]


def test_a_build_does_not_change() -> None:
    assert refused(build(tags=["registry.io/team/other"]), build()) == [
        "Immutable fields changed (-old +new): spec.spec\n"
        'tags:\n\t-: ["registry.io/team/web"]\n\t+: ["registry.io/team/other"]'
    ]


def builder(kind: str, **spec: Any) -> Obj:
    whole = {
        "tag": "registry.io/builder",
        "stack": {"name": "base", "kind": "ClusterStack"},
        "store": {"name": "all", "kind": "ClusterStore"},
        "serviceAccountRef": {"name": "robot", "namespace": "kpack"},
        "order": [{"group": [{"id": "go"}, {"name": "mine", "kind": "Buildpack"}]}],
        **spec,
    }
    return {"kind": kind, "metadata": {"name": "b"}, "spec": whole}


BUILDERS: list[tuple[Obj, str]] = [
    ({"tag": ""}, "missing field(s): {}tag"),
    ({"tag": "A/B"}, "invalid value: A/B: {}tag"),
    ({"stack": {}}, "missing field(s): {}stack.name"),
    ({"stack": {"name": "s", "kind": "Stack"}}, "invalid value: Stack: {}stack.kind"),
    (
        {"store": {"name": "s", "kind": "Store"}},
        "invalid value: Store: {}store.kind\nmust be one of ClusterStore",
    ),
    (
        {"order": [{"group": [{"name": "b", "kind": "Other"}]}]},
        "invalid value: Other: {}order[0].group[0].kind\nmust be one of Buildpack, ClusterBuildpack",
    ),
    (
        {"order": [{"group": [{"id": "a"}, {}]}]},
        "expected exactly one, got neither: "
        "{0}order[0].group[1].id, {0}order[0].group[1].image, {0}order[0].group[1].name + kind",
    ),
    (
        {"order": [{"group": [{"image": "registry.io/b"}]}]},
        "must not set the field(s): {}order[0].group[0].image reference currently not supported",
    ),
]


@pytest.mark.parametrize(("spec", "text"), BUILDERS)
def test_builders(spec: Obj, text: str) -> None:
    assert refused(builder("Builder")) == refused(builder("ClusterBuilder")) == []
    assert refused(builder("Builder", **spec)) == [text.format("spec.")]
    assert refused(builder("ClusterBuilder", **spec)) == [text.format("")]


def test_a_cluster_builder_names_its_account_and_the_kind_of_its_stack() -> None:
    name = "missing field(s): spec.serviceAccountRef.name"
    assert refused(builder("ClusterBuilder", serviceAccountRef={})) == [name]
    place = "missing field(s): spec.serviceAccountRef.namespace"
    assert refused(builder("ClusterBuilder", serviceAccountRef={"name": "a"})) == [place]
    assert refused(builder("ClusterBuilder", stack={"name": "s"})) == ["invalid value: : stack.kind"]
    assert refused(builder("Builder", stack={"name": "s"})) == []


PARTS: list[tuple[str, Obj, str]] = [
    ("ClusterStack", {"id": ""}, "missing field(s): spec.id"),
    ("ClusterStack", {"buildImage": {}}, "missing field(s): spec.buildImage.image"),
    ("ClusterStack", {"runImage": {"image": "A/B"}}, "invalid value: A/B: spec.runImage.image"),
    ("ClusterStore", {"sources": []}, "missing field(s): spec.sources"),
    ("ClusterStore", {"sources": [{"image": "A/B"}]}, "invalid value: {A/B}: spec.sources[0]"),
    ("ClusterLifecycle", {"image": ""}, "missing field(s): spec.image"),
    ("ClusterBuildpack", {"image": ""}, "missing field(s): spec.image"),
    ("ClusterBuildpack", {"image": "A/B"}, "invalid value: A/B: spec.image"),
]


@pytest.mark.parametrize(("kind", "spec", "text"), PARTS)
def test_what_builders_are_made_of(kind: str, spec: Obj, text: str) -> None:
    whole = {
        "id": "base",
        "image": "registry.io/lifecycle",
        "buildImage": {"image": "registry.io/build"},
        "runImage": {"image": "registry.io/run"},
        "sources": [{"image": "registry.io/go"}],
    }
    made = {"kind": kind, "metadata": {"name": "a"}, "spec": whole}
    assert refused(made) == []
    assert refused({**made, "spec": {**whole, **spec}}) == [text]
    for field, account in (("name", {}), ("namespace", {"name": "a"})):
        wrong = {**made, "spec": {**whole, "serviceAccountRef": account}}
        assert refused(wrong) == [f"missing field(s): spec.serviceAccountRef.{field}"]


def test_a_buildpack_of_a_namespace_has_an_image_and_an_account() -> None:
    made = {"kind": "Buildpack", "metadata": {"name": "a"}, "spec": {"image": "registry.io/go"}}
    assert refused(made) == []
    assert refused({**made, "spec": {}}) == ["missing field(s): spec.image"]
    assert defaulted(made, has_default_class=True)["spec"]["serviceAccountName"] == "default"


def test_defaults() -> None:
    spec = defaulted(image(), has_default_class=True)["spec"]
    assert {key: value for key, value in spec.items() if key not in image()["spec"]} == {
        "serviceAccountName": "default",
        "imageTaggingStrategy": "BuildNumber",
        "failedBuildHistoryLimit": 10,
        "successBuildHistoryLimit": 10,
        "cache": {"volume": {"size": "2G"}},
    }
    assert "cache" not in defaulted(image(), has_default_class=False)["spec"]
    assert defaulted(build(), has_default_class=True)["spec"]["serviceAccountName"] == "default"
    bare = builder("Builder", stack={"name": "s"}, store={"name": "t", "kind": ""})
    made = defaulted(bare, has_default_class=True)["spec"]
    assert made["stack"] == {"kind": "ClusterStack", "name": "s"}
    assert made["store"] == {"kind": "ClusterStore", "name": "t"}
    for kind in ("Builder", "ClusterBuilder"):
        lifecycle = defaulted(builder(kind), has_default_class=True)["spec"]["lifecycle"]
        assert lifecycle == {"kind": "ClusterLifecycle", "name": "default-lifecycle"}


def test_fields_of_the_older_version_count() -> None:
    spec = defaulted(image(serviceAccount="robot", cacheSize="5G"), has_default_class=True)["spec"]
    assert "serviceAccountName" not in spec
    assert spec["cache"] == {"volume": {"size": "5G"}}


def test_what_the_platform_brings_along_passes() -> None:
    made = default_objects(
        PlatformConfig(registry="10.0.0.1:5000", images={name: f"r.io/{name}" for name in NEEDED})
    )
    assert {obj["kind"] for obj in made} >= {"ClusterBuilder", "ClusterStack", "ClusterStore"}
    assert [refused(obj) for obj in made] == [[]] * len(made)


@pytest.mark.parametrize(
    "spec",
    [
        {"cache": {"volume": {"size": "big"}}},
        {"build": {"resources": {"limits": {"memory": "lots"}}}},
    ],
)
def test_quantities_that_are_none(spec: Obj) -> None:
    with pytest.raises(NotDecoded) as caught:
        defaulted(image(**spec), has_default_class=True)
    assert str(caught.value) == f"quantities must match the regular expression '{FORM}'"


WEBHOOKS = ResourceWebhooks(
    group="kpack.io",
    version="v1alpha2",
    resources=("images",),
    owner="kpack",
    mutating="defaults.webhook.kpack.io",
    validating="validation.webhook.kpack.io",
    defaults_path="/defaults",
    validation_path="/validate",
    defaulted=lambda obj, old, user: defaulted(obj, has_default_class=True),
    problems=lambda obj, old: problems(obj, old, has_default_class=True),
)


def answered(path: str, obj: Obj) -> Obj:
    request = {"uid": "1", "object": obj, "userInfo": {"username": "me"}}
    response: Obj = WEBHOOKS.respond(path, {"request": request})["response"]
    return response


def test_answers() -> None:
    response = answered("/defaults", image())
    patch = json.loads(base64.b64decode(response["patch"]))
    assert patch[0]["value"]["serviceAccountName"] == "default"
    response = answered("/defaults", image(cache={"volume": {"size": "big"}}))
    assert response["status"]["message"] == (
        "mutation failed: cannot decode incoming new object: "
        f"quantities must match the regular expression '{FORM}'"
    )
    response = answered("/validate", defaulted(image(tag="A/B"), has_default_class=True))
    assert response["status"] == {
        "code": 400,
        "reason": "BadRequest",
        "message": "validation failed: invalid value: A/B: spec.tag",
    }
    going = {**image(tag="A/B"), "metadata": {"name": "web", "deletionTimestamp": "2026-01-01T00:00:00Z"}}
    assert answered("/validate", going)["allowed"]
