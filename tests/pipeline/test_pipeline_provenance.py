"""Each step of the way back from a pod: the same, another, or not known; nothing is guessed."""

from __future__ import annotations

import pytest

from pkgops.model import CauseCode, ImageChain, Match, ObjectRef, ProvenanceStep
from pkgops.pipeline import imagechain, provenance_steps
from pkgops.pipeline.object_store import ObjectStore
from pkgops.pipeline.provenance_steps import RegistryAnswer

ONE, TWO, THREE = ("sha256:" + pair * 32 for pair in ("ab", "cd", "ef"))
IMAGE, OTHER = f"r/app@{ONE}", f"r/app@{TWO}"
REF = ObjectRef("v1", "Pod", "apps-dev", "p")
COMMIT = "0123456789" * 4


def short(step):
    return str(step.match), step.note


@pytest.mark.parametrize(
    ("left", "right", "match", "note"),
    [
        (IMAGE, IMAGE, "same", ""),
        (IMAGE, f"other/name:1@{ONE}", "same", ""),
        (IMAGE, OTHER, "differs", ""),
        (IMAGE, "", "unknown", "nothing to compare with"),
        (IMAGE, "r/app:1", "unknown", "nothing to compare with"),
        ("", IMAGE, "unknown", "no digest is known"),
        ("r/app:1", "r/app:1", "unknown", "no digest is known"),
    ],
)
def test_two_references_are_compared_by_digest_alone(left, right, match, note):
    found = provenance_steps.compared("pod", REF, left, left, right, "the spec")
    assert short(found) == (match, note)
    assert (found.compared, found.source) == ((left, right), "the spec")


@pytest.mark.parametrize(
    ("wanted", "held", "value", "match"),
    [
        (IMAGE, (OTHER, IMAGE), "r/bundle", "same"),
        (IMAGE, (OTHER,), "r/bundle", "differs"),
        (IMAGE, (), "r/bundle", "unknown"),
        (IMAGE, (IMAGE,), "", "unknown"),
        ("", (IMAGE,), "r/bundle", "unknown"),
        ("r/app:1", ("r/app:1",), "r/bundle", "unknown"),
    ],
)
def test_what_lists_images_holds_one_or_not(wanted, held, value, match):
    found = provenance_steps.contains("ops bundle", REF, value, wanted, held, "the lock")
    assert str(found.match) == match
    assert found.compared == (wanted, ", ".join(held))


@pytest.mark.parametrize(
    ("image", "answer", "expected"),
    [
        ("", None, ("unknown", "no image is known", None)),
        (IMAGE, None, ("unknown", "the registry was not read", None)),
        (IMAGE, RegistryAnswer(found=True, digest=ONE), ("same", "", None)),
        (IMAGE, RegistryAnswer(found=True, digest=TWO), ("differs", "", None)),
        (IMAGE, RegistryAnswer(found=True), ("unknown", "nothing to compare with", None)),
        (IMAGE, RegistryAnswer(found=False), ("differs", "the registry does not have it any more", None)),
        # That it could not be asked is not that it has gone.
        (
            IMAGE,
            RegistryAnswer(found=False, error="refused"),
            ("unknown", "refused", CauseCode.REGISTRY_FAILED),
        ),
    ],
)
def test_what_the_registry_says_of_an_image(image, answer, expected):
    (found,) = provenance_steps.registry(image, lambda _: answer)
    assert (*short(found), found.unreadable) == expected


def app(bundle=f"r/ops@{TWO}", log=""):
    fetch = [{"imgpkgBundle": {"image": bundle}}] if bundle else []
    return {
        "apiVersion": "kappctrl.k14s.io/v1alpha1",
        "kind": "App",
        "metadata": {"name": "hello", "namespace": "apps-dev"},
        "spec": {"fetch": fetch},
        "status": {"fetch": {"stdout": log}},
    }


@pytest.mark.parametrize(
    ("found", "answer", "expected"),
    [
        (None, None, ("unknown", "there is no App", "")),
        (app(), RegistryAnswer(found=True, locked=(IMAGE,)), ("same", "", "the bundle's ImagesLock")),
        (app(), RegistryAnswer(found=True, locked=(OTHER,)), ("differs", "", "the bundle's ImagesLock")),
        (app(), None, ("unknown", "the images that it lists are not known", "the App's own log")),
        (
            app(),
            RegistryAnswer(found=True),
            ("unknown", "the images that it lists are not known", "the App's own log"),
        ),
        (app(""), None, ("unknown", "the images that it lists are not known", "the App's own log")),
    ],
)
def test_the_bundle_that_an_app_deploys(found, answer, expected):
    step = provenance_steps.ops_bundle(IMAGE, found, lambda _: answer)
    assert (*short(step), step.source) == expected


def install(version="0.1.2", name="hello.example.com"):
    return {
        "apiVersion": "packaging.carvel.dev/v1alpha1",
        "kind": "PackageInstall",
        "metadata": {"name": "hello", "namespace": "apps-dev"},
        "spec": {"packageRef": {"refName": name}},
        "status": {"version": version} if version else {},
    }


def package(bundle, version="0.1.2"):
    template = {"spec": {"fetch": [{"imgpkgBundle": {"image": bundle}}]}}
    return {
        "apiVersion": "data.packaging.carvel.dev/v1alpha1",
        "kind": "Package",
        "metadata": {"name": f"hello.example.com.{version}", "namespace": "apps-dev"},
        "spec": {"refName": "hello.example.com", "version": version, "template": template},
    }


@pytest.mark.parametrize(
    ("objects", "installed", "of", "expected"),
    [
        ([package(f"r/ops@{TWO}")], install(), app(), ("same", "")),
        ([package(f"r/ops@{THREE}")], install(), app(), ("differs", "")),
        ([package("r/ops:latest")], install(), app(), ("unknown", "nothing to compare with")),
        (
            [package(f"r/ops@{TWO}", "0.1.1")],
            install(),
            app(),
            ("unknown", "the Package does not exist any more"),
        ),
        ([], install(), app(), ("unknown", "the Package does not exist any more")),
        ([package(f"r/ops@{TWO}")], install(""), app(), ("unknown", "no version is installed")),
        ([package(f"r/ops@{TWO}")], None, app(), ("unknown", "no version is installed")),
        ([package(f"r/ops@{TWO}")], install(), None, ("unknown", "no version is installed")),
    ],
)
def test_the_package_that_is_installed(objects, installed, of, expected):
    world = ObjectStore()
    for one in objects:
        world.apply("ADDED", one)
    assert short(provenance_steps.package(world, of, installed)) == expected


@pytest.mark.parametrize("made", [None])
def test_what_nobody_pushed_is_unknown(made):
    step = provenance_steps.push({"status": {}}, made)
    assert short(step) == ("unknown", "no workload that pushed it is known")
    assert short(provenance_steps.package_bundle(app(), None, lambda _: None)) == (
        "unknown",
        "there is no PackageRepository",
    )


def build(image=IMAGE, commit=COMMIT, name="build-1"):
    return {
        "apiVersion": "kpack.io/v1alpha2",
        "kind": "Build",
        "metadata": {"name": name, "namespace": "default", "uid": name},
        "spec": {"source": {"git": {"revision": commit}}} if commit else {},
        "status": {"latestImage": image},
    }


def labels(revision):
    return RegistryAnswer(
        found=True, labels=(("org.opencontainers.image.revision", revision),) if revision else ()
    )


@pytest.mark.parametrize(
    ("builds", "answer", "steps"),
    [
        (
            [build()],
            None,
            [("build", "same", ""), ("source", "same", ""), ("commit", "unknown", "the source is not known")],
        ),
        (
            [build(commit="")],
            None,
            [
                ("build", "same", ""),
                ("source", "unknown", "the build's spec names no revision"),
                ("commit", "unknown", "no commit is known"),
            ],
        ),
        (
            [build(OTHER)],
            None,
            [("build", "unknown", "no build of this image exists on the cluster any more")],
        ),
        ([], labels(""), [("build", "unknown", "no build of this image exists on the cluster any more")]),
        (
            [],
            labels(COMMIT),
            [
                ("build", "unknown", "no build of this image exists on the cluster any more"),
                ("commit", "unknown", "the source is not known"),
            ],
        ),
    ],
)
def test_the_way_back_from_an_image(builds, answer, steps):
    world = ObjectStore()
    for one in builds:
        world.apply("ADDED", one)
    found = imagechain.built(world, IMAGE, None, "default", lambda _: answer)
    assert [(step.name, *short(step)) for step in found] == steps


def test_of_an_image_that_is_not_known_no_build_is_said_to_be_gone():
    (found,) = imagechain.built(ObjectStore(), "", None, "default", lambda _: None)
    assert (found.name, *short(found)) == ("build", "unknown", "no image is known")


def test_the_newest_build_of_an_image_tells():
    world = ObjectStore()
    for one in (build(name="build-1", commit="1" * 40), build(name="build-2", commit="2" * 40)):
        world.apply("ADDED", one)
    found = imagechain.built(world, IMAGE, None, "default", lambda _: None)
    assert found[1].value == "2" * 40


def step(match):
    return ProvenanceStep(name="x", object=None, value="", match=match)


@pytest.mark.parametrize(
    ("matches", "worst"),
    [
        ([], Match.UNKNOWN),
        ([Match.SAME, Match.SAME], Match.SAME),
        ([Match.SAME, Match.UNKNOWN], Match.UNKNOWN),
        ([Match.UNKNOWN, Match.DIFFERS, Match.SAME], Match.DIFFERS),
    ],
)
def test_a_way_back_is_as_good_as_its_worst_step(matches, worst):
    chain = ImageChain(environment="apps-dev", image=IMAGE, steps=tuple(map(step, matches)))
    assert chain.match is worst
