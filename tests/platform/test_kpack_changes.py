from datetime import UTC, datetime
from typing import Any

import pytest

from pkgops.platform.conditions import is_ready
from pkgops.platform.kpack import imagestatus
from pkgops.platform.kpack.buildspec import tags
from pkgops.platform.kpack.changes import changes, reason
from pkgops.platform.kpack.conditions import ConditionUpdate, conditions
from pkgops.platform.kpack.credentials import Account
from pkgops.platform.kpack.gitrefs import parse
from pkgops.platform.kpack.names import build_name, builder_tag, pod_name

Obj = dict[str, Any]
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
OLD_RUN, NEW_RUN = "r.io/run@sha256:" + "a" * 64, "r.io/run@sha256:" + "b" * 64
BLOB = {"blob": {"url": "http://x/a.tar.gz"}}


def image(**build: Any) -> Obj:
    spec = {"tag": "r.io/app", "builder": {"kind": "ClusterBuilder", "name": "b"}, "build": build}
    return {"metadata": {"name": "app", "namespace": "ns", "generation": 1}, "spec": spec}


def builder(version: str = "1", run: str = OLD_RUN, lifecycle: str = "1") -> Obj:
    status = {
        "builderMetadata": [{"id": "go", "version": version}],
        "stack": {"id": "s", "runImage": run},
        "lifecycle": {"version": lifecycle},
        "latestImage": "r.io/bb",
        "conditions": [{"type": "Ready", "status": "True"}],
        "observedGeneration": 1,
    }
    return {"metadata": {"name": "b", "generation": 1}, "status": status}


def last(status: str = "True", source: Obj = BLOB, **annotations: str) -> Obj:
    told = {
        "buildMetadata": [{"id": "go", "version": "1"}],
        "stack": {"id": "s", "runImage": OLD_RUN},
        "lifecycleVersion": "1",
        "conditions": [{"type": "Succeeded", "status": status}],
    }
    metadata = {
        "name": "app-build-1",
        "annotations": {f"image.kpack.io/{k}": v for k, v in annotations.items()},
    }
    return {"metadata": metadata, "spec": {"source": source, "resources": {}}, "status": told}


def git(revision: str) -> Obj:
    return {"git": {"url": "http://git/app", "revision": revision}}


def why(image: Obj, source: Obj, builder: Obj, last: Obj | None) -> str:
    return reason(changes(image, source, builder, last, NOW))


def test_nothing_changed_is_nothing_to_build() -> None:
    assert why(image(), BLOB, builder(), last()) == ""
    assert why(image(), BLOB, builder(), last(status="False")) == ""


@pytest.mark.parametrize(
    ("image", "source", "builder", "last", "expected"),
    [
        (image(), BLOB, builder(), None, "CONFIG"),
        (image(), {"blob": {"url": "http://x/b.tar.gz"}}, builder(), last(), "CONFIG"),
        (image(env=[{"name": "A", "value": "1"}]), BLOB, builder(), last(), "CONFIG"),
        (image(resources={"limits": {"cpu": "1"}}), BLOB, builder(), last(), "CONFIG"),
        (image(), BLOB, builder(), last(additionalBuildNeeded="1"), "TRIGGER"),
        (image(), git("b" * 40), builder(), last(source=git("a" * 40)), "COMMIT"),
        (image(), git("a" * 40), builder(), last(source=git("a" * 40)), ""),
        (image(), BLOB, builder(version="2"), last(), "BUILDPACK"),
        (image(), BLOB, builder(run=NEW_RUN), last(), "STACK"),
        (image(), BLOB, builder(lifecycle="2"), last(), "LIFECYCLE"),
        (image(), BLOB, builder("2", NEW_RUN, "2"), last(status="False"), ""),
        (
            image(env=[{"name": "A"}]),
            git("b" * 40),
            builder("2", NEW_RUN, "2"),
            last(source=git("a" * 40), additionalBuildNeeded="1"),
            "TRIGGER,COMMIT,CONFIG,BUILDPACK,STACK,LIFECYCLE",
        ),
    ],
)
def test_reasons_are_kpacks_in_its_order(
    image: Obj, source: Obj, builder: Obj, last: Obj | None, expected: str
) -> None:
    assert why(image, source, builder, last) == expected


def test_a_new_run_image_is_told_with_both() -> None:
    found = changes(image(), BLOB, builder(run=NEW_RUN), last(), NOW)
    assert found == [{"reason": "STACK", "old": OLD_RUN, "new": NEW_RUN}]


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"tag": "r.io/app"}, ["r.io/app", "r.io/app:b7.20260102.030405"]),
        ({"tag": "r.io/app:latest"}, ["r.io/app:latest", "r.io/app:b7.20260102.030405"]),
        ({"tag": "r.io/app:v1"}, ["r.io/app:v1", "r.io/app:v1-b7.20260102.030405"]),
        ({"tag": "you/app"}, ["you/app", "index.docker.io/you/app:b7.20260102.030405"]),
        (
            {"tag": "r.io/app", "imageTaggingStrategy": "None", "additionalTags": ["r.io/app:x"]},
            ["r.io/app", "r.io/app:x"],
        ),
    ],
)
def test_tags_follow_the_strategy(spec: Obj, expected: list[str]) -> None:
    assert tags(spec, 7, NOW) == expected


def test_names_are_kpacks() -> None:
    assert pod_name(build_name("app", 3)) == "app-build-3-build-pod"
    assert len(pod_name(build_name("a" * 60, 3))) == 63
    assert str(builder_tag("r.io/bb", "ClusterBuilder", "go")) == "r.io/bb:clusterbuilder-go"
    assert str(builder_tag("r.io/bb:v1", "ClusterBuilder", "go")) == "r.io/bb:v1"


def test_a_condition_keeps_its_time_as_long_as_it_says_the_same() -> None:
    first = conditions([ConditionUpdate("Ready", "True")], [], NOW)
    later = NOW.replace(year=2027)
    assert conditions([ConditionUpdate("Ready", "True")], first, later) == first
    changed = conditions([ConditionUpdate("Ready", "True", "UpToDate")], first, later)
    assert changed[0]["lastTransitionTime"] == "2027-01-02T03:04:05Z"


def test_an_old_generations_condition_is_not_believed() -> None:
    ready = builder()
    assert is_ready(ready)
    ready["metadata"]["generation"] = 2
    assert not is_ready(ready)


def test_a_builder_that_is_not_there_or_not_ready_is_named() -> None:
    missing = imagestatus.builder_missing(image(), NOW)
    assert [one["reason"] for one in missing["conditions"]] == ["BuilderNotFound"]
    assert missing["conditions"][0]["message"] == "Error: Unable to find builder 'b' in namespace 'ns'."
    broken = builder()
    message = "Builder has no latestImage"
    broken["status"]["conditions"] = [{"type": "Ready", "status": "False", "message": message}]
    status = imagestatus.builder_not_ready(image(), broken, NOW)
    text = f"Error: Builder 'b' is not ready in namespace 'ns'; Message: {message}"
    assert [(one["type"], one["status"]) for one in status["conditions"]][:2] == [
        ("Ready", "False"),
        ("BuilderReady", "False"),
    ]
    assert status["conditions"][0]["message"] == text


def secret(name: str, type: str, **annotations: str) -> Obj:
    data = {".dockerconfigjson": "eyJhdXRocyI6eyJyLmlvIjp7InVzZXJuYW1lIjoiYWRhIn19fQ==", "username": "Ym9i"}
    return {"metadata": {"name": name, "annotations": annotations}, "type": type, "data": data}


def test_secrets_become_flags_and_credentials() -> None:
    json_secret = secret("one", "kubernetes.io/dockerconfigjson")
    basic = secret("two", "kubernetes.io/basic-auth", **{"kpack.io/docker": "q.io"})
    git = secret("three", "kubernetes.io/basic-auth", **{"kpack.io/git": "https://g.io"})
    key = secret("four", "kubernetes.io/ssh-auth", **{"kpack.io/git": "git@g.io"})
    account = Account("sa", (secret("zero", "Opaque"), json_secret, git, basic, key))
    docker = ["-dockerconfig=one", "-basic-docker=two=q.io"]
    assert [one.flag for one in account.mounted(with_git=False)] == docker
    mounted = account.mounted(with_git=True)
    assert [(one.volume, one.name, one.flag) for one in mounted] == [
        ("secret-volume-1", "one", docker[0]),
        ("secret-volume-2", "three", "-basic-git=three=https://g.io"),
        ("secret-volume-3", "two", docker[1]),
        ("secret-volume-4", "four", "-ssh-git=four=git@g.io"),
    ]
    assert {name: found.username for name, found in account.keychain().auths.items()} == {
        "r.io": "ada",
        "q.io": "bob",
    }


def test_references_of_a_git_server_are_read() -> None:
    commit, tag = "a" * 40, "b" * 40
    lines = [
        b"# service=git-upload-pack\n",
        b"",
        f"{commit} HEAD\0multi_ack symref=HEAD:refs/heads/main\n".encode(),
        f"{commit} refs/heads/main\n".encode(),
        f"{tag} refs/tags/v1\n".encode(),
        f"{commit} refs/tags/v1^{{}}\n".encode(),
        b"",
    ]
    packets = b"".join(f"{len(line) + 4:04x}".encode() + line if line else b"0000" for line in lines)
    assert parse(packets) == {
        "HEAD": commit,
        "refs/heads/main": commit,
        "refs/tags/v1": tag,
        "refs/tags/v1^{}": commit,
    }
