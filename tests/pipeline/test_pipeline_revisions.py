"""Which commit and which images a value carries: what links a stage to what was pushed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pkgops.pipeline import revisions
from pkgops.pipeline.object_store import ObjectStore

ONE, TWO = "0123456789" * 4, "abcdef0123" * 4
DIGEST = "sha256:" + "ab" * 32
OTHER = "sha256:" + "cd" * 32


@pytest.mark.parametrize(
    ("value", "carried"),
    [
        (f"main@sha1:{ONE}", f"main@sha1:{ONE}"),
        (f"feature/x@sha1:{ONE}", f"feature/x@sha1:{ONE}"),
        (f"sha1:{ONE}", f"sha1:{ONE}"),
        # Flux before 0.35.
        (f"main/{ONE}", f"main/{ONE}"),
        (f"feature/x/{ONE}", f"feature/x/{ONE}"),
        (f"http://source/{ONE}.tar.gz", ONE),
        (f"http://source/main/{ONE}/archive", ONE),
        (ONE, ONE),
        (ONE[:39], ""),
        (f"{ONE}0", ""),
        ("main", ""),
        ("", ""),
        (None, ""),
        (5, ""),
        # A revision says more than the address of its archive, wherever it stands.
        ({"url": f"http://x/{TWO}.tar.gz", "revision": f"main@sha1:{ONE}"}, f"main@sha1:{ONE}"),
        ([f"http://x/{ONE}", f"http://x/{TWO}"], ONE),
        ({"a": [{"b": {"c": f"main@sha1:{ONE}"}}]}, f"main@sha1:{ONE}"),
        ({f"main@sha1:{ONE}": "key"}, ""),
    ],
)
def test_the_revision_that_a_value_carries(value, carried):
    assert revisions.carried(value) == carried


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        (f"main@sha1:{ONE}", ONE, True),
        (f"main@sha1:{ONE}", f"other@sha1:{ONE}", True),
        (f"main@sha1:{ONE}", f"main@sha1:{TWO}", False),
        (ONE, ONE[:8], True),
        (ONE[:8], f"main@sha1:{ONE}", True),
        (ONE, TWO[:8], False),
        ("", ONE, False),
        (ONE, "", False),
        ("", "", False),
        ("v1.2", "v1.2", True),
    ],
)
def test_two_names_of_one_commit(left, right, same):
    assert revisions.same(left, right) is same
    assert revisions.same(right, left) is same


@pytest.mark.parametrize(("text", "sha"), [(f"main@sha1:{ONE}", ONE), ("v1.2", "v1.2"), ("", "")])
def test_the_bare_commit_or_the_text(text, sha):
    assert revisions.sha(text) == sha


@pytest.mark.parametrize(
    ("value", "images"),
    [
        (f"r.example.com/demo/app@{DIGEST}", (f"r.example.com/demo/app@{DIGEST}",)),
        (f"localhost:5000/app:1.2@{DIGEST}", (f"localhost:5000/app:1.2@{DIGEST}",)),
        (f"image: r/app@{DIGEST}\nother: r/b@{OTHER}\n", (f"r/app@{DIGEST}", f"r/b@{OTHER}")),
        ({"a": f"r/app@{DIGEST}", "b": [f"r/app@{DIGEST}"]}, (f"r/app@{DIGEST}",)),
        (f'{{"image":"r/app@{DIGEST}"}}', (f"r/app@{DIGEST}",)),
        ("r/app:1.2", ()),
        (f"@{DIGEST}", ()),
        (f"r/app@{DIGEST[:-1]}", ()),
        ({}, ()),
    ],
)
def test_the_images_that_a_value_lists_each_once(value, images):
    assert revisions.images(value) == images


TEXT = st.text(max_size=60)


@given(st.recursive(TEXT, lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner), max_leaves=6))
def test_any_value_has_strings_and_none_is_made_up(value):
    known = list(revisions.strings(value))
    assert all(isinstance(text, str) for text in known)
    assert not revisions.images(value)


@pytest.mark.parametrize(
    ("image", "digest"),
    [(f"r/app@{DIGEST}", DIGEST), (f"r/app:1@{DIGEST}", DIGEST), ("r/app:1", ""), ("", "")],
)
def test_a_digest_is_that_of_a_reference(image, digest):
    assert revisions.digest(image) == digest


def build(name, image, commit, second=0, number="", namespace="default"):
    return {
        "apiVersion": "kpack.io/v1alpha2",
        "kind": "Build",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "uid": name,
            "creationTimestamp": f"2026-11-22T12:00:{second:02}Z",
            "labels": {"image.kpack.io/buildNumber": number},
        },
        "spec": {"source": {"git": {"revision": commit}}},
        "status": {"latestImage": image} if image else {},
    }


def origins(*builds):
    world = ObjectStore()
    for one in builds:
        world.apply("ADDED", one)
    return revisions.origins(world, "default")


@pytest.mark.parametrize(
    ("builds", "expected"),
    [
        ([build("a", f"r/app@{DIGEST}", ONE)], {DIGEST: ONE}),
        ([build("a", "", ONE)], {}),
        ([build("a", f"r/app@{DIGEST}", ONE, namespace="other")], {}),
        # Two commits that give one image: the newer build tells, whatever it is called.
        ([build("b", f"r/app@{DIGEST}", ONE, 1), build("a", f"r/app@{DIGEST}", TWO, 2)], {DIGEST: TWO}),
        # Of one second, the number tells.
        (
            [build("b", f"r/app@{DIGEST}", TWO, 1, "10"), build("a", f"r/app@{DIGEST}", ONE, 1, "9")],
            {DIGEST: TWO},
        ),
        ([build("a", f"r/app@{DIGEST}", ONE), build("b", f"r/app@{OTHER}", TWO)], {DIGEST: ONE, OTHER: TWO}),
    ],
)
def test_what_each_image_was_built_from(builds, expected):
    assert origins(*builds) == expected
    assert origins(*reversed(builds)) == expected


@pytest.mark.parametrize(
    ("obj", "inputs"),
    [
        ({"kind": "ConfigMap", "data": {"a": "1"}}, {"a": "1"}),
        ({"kind": "ConfigMap", "data": {"a": "1"}, "spec": {"b": 2}}, {"a": "1"}),
        ({"kind": "Image", "spec": {"b": 2}}, {"b": 2}),
        ({"kind": "Image"}, {}),
    ],
)
def test_the_inputs_of_an_object_are_its_data_or_its_spec(obj, inputs):
    assert revisions.inputs_of(obj) == inputs
