"""From detect to completion with buildpacks of a few lines of shell."""

import json
import shutil
import tomllib
from pathlib import Path
from typing import Any

import pytest
from buildpack_kit import add_buildpack, set_order
from fake_registry import FakeRegistry

from pkgops import __version__
from pkgops.lifecycle import analyze, build, completion, detect, export, rebase, restore
from pkgops.lifecycle.phase import Code
from pkgops.oci import ImageRef, RegistryClient, read_image, write_image
from pkgops.oci.image import empty_image
from pkgops.oci.layers import memory_layer, regular

PASS = 'printf "[[provides]]\\nname = \\"x\\"\\n[[requires]]\\nname = \\"x\\"\\n" > "$CNB_BUILD_PLAN_PATH"'
BUILD = """
mkdir -p "$CNB_LAYERS_DIR/app/bin" "$CNB_LAYERS_DIR/deps"
echo "$GREETING from $(cat main.x)" > "$CNB_LAYERS_DIR/app/bin/run"
echo "kept $(cat "$CNB_LAYERS_DIR/deps/count" 2>/dev/null)" > "$CNB_LAYERS_DIR/deps/count"
printf '[types]\\nlaunch = true\\n' > "$CNB_LAYERS_DIR/app.toml"
printf '[types]\\ncache = true\\n' > "$CNB_LAYERS_DIR/deps.toml"
cat > "$CNB_LAYERS_DIR/launch.toml" <<END
[[processes]]
type = "web"
command = ["run"]
default = true
[[labels]]
key = "greeting"
value = "$GREETING"
END
"""


def flags(pod: Path) -> dict[str, str]:
    layers = pod / "layers"
    return {
        "layers": f"-layers={layers}",
        "app": f"-app={pod}/workspace",
        "platform": f"-platform={pod}/platform",
        "group": f"-group={layers}/group.toml",
        "plan": f"-plan={layers}/plan.toml",
        "analyzed": f"-analyzed={layers}/analyzed.toml",
        "report": f"-report={pod}/report.toml",
        "cache": f"-cache-dir={pod}/cache",
        "launcher": f"-launcher={pod}/launcher",
        "order": f"-order={pod}/cnb/order.toml",
    }


def run_detect(pod: Path) -> int:
    given = flags(pod)
    return detect.main([given[name] for name in ("app", "group", "plan", "order", "platform")])


def run_image(client: RegistryClient, registry: FakeRegistry, text: str = "base") -> ImageRef:
    ref = ImageRef.parse(f"{registry.host}/demo/run:v1")
    image = empty_image(Env=["PATH=/bin"], User="1000").append(
        [memory_layer([regular("etc/base", text.encode())])]
    )
    return ref.at(write_image(client, image.labelled({"io.buildpacks.stack.id": "stack"}), [ref]))


def run_all(pod: Path, run: ImageRef, tag: ImageRef, cache: str = "", *more: str) -> None:
    given = flags(pod) | ({"cache": cache} if cache else {})
    assert analyze.main([given["analyzed"], f"-run-image={run}", str(tag)]) == 0
    assert run_detect(pod) == 0
    assert restore.main([given["group"], given["layers"], given["cache"]]) == 0
    assert build.main([given[name] for name in ("layers", "app", "group", "plan", "platform")]) == 0
    arguments = [
        given[name] for name in ("layers", "app", "group", "analyzed", "report", "cache", "launcher")
    ]
    project = f"-project-metadata={pod}/layers/project-metadata.toml"
    assert export.main([*arguments, project, *more, str(tag), f"{tag}:b1"]) == 0


@pytest.fixture
def ready(pod: Path) -> Path:
    add_buildpack(pod, "demo/x", f"test -f main.x || exit 100\n{PASS}", BUILD)
    set_order(pod, "demo/x")
    (pod / "workspace/main.x").write_text("source")
    (pod / "platform/env/GREETING").write_text("Hello")
    (pod / "launcher").write_bytes(b"\x7fELF launcher")
    return pod


def label(image: Any, name: str) -> Any:
    return json.loads(image.labels[name])


def test_an_application_becomes_an_image(
    ready: Path, registry: FakeRegistry, client: RegistryClient, tag: ImageRef
) -> None:
    run = run_image(client, registry)
    run_all(ready, run, tag)
    image = read_image(client, tag)
    assert client.digest(tag.tagged("b1")) == image.digest
    config = image.config["config"]
    assert config["Entrypoint"] == ["/cnb/process/web"]
    assert config["WorkingDir"] == "/workspace"
    assert config["User"] == "1000"
    env = dict(entry.partition("=")[::2] for entry in config["Env"])
    assert env["PATH"].startswith("/cnb/process:/cnb/lifecycle:")
    assert env["CNB_APP_DIR"] == "/workspace"
    assert image.labels["greeting"] == "Hello"
    assert image.labels["io.buildpacks.stack.id"] == "stack"
    lifecycle = label(image, "io.buildpacks.lifecycle.metadata")
    assert lifecycle["runImage"]["reference"] == str(run)
    assert lifecycle["runImage"]["topLayer"] == image.layers[0].diff_id
    assert lifecycle["buildpacks"][0]["layers"]["app"]["sha"] == image.layers[1].diff_id
    assert label(image, "io.buildpacks.build.metadata")["buildpacks"] == [{"id": "demo/x", "version": "1"}]
    report = tomllib.loads((ready / "report.toml").read_text())["image"]
    assert report == {
        "tags": [str(tag), f"{tag}:b1"],
        "digest": image.digest,
        "manifest-size": report["manifest-size"],
    }


def test_the_same_source_gives_the_same_digest(
    ready: Path, registry: FakeRegistry, client: RegistryClient, tag: ImageRef
) -> None:
    run = run_image(client, registry)
    run_all(ready, run, tag)
    first = client.digest(tag)
    sent = registry.count("PUT", "/blobs/")
    run_all(ready, run, tag)
    assert client.digest(tag) == first
    assert registry.count("PUT", "/blobs/") == sent


def test_cached_layers_come_back_in_the_next_build(
    ready: Path, registry: FakeRegistry, client: RegistryClient, tag: ImageRef
) -> None:
    run = run_image(client, registry)
    run_all(ready, run, tag)
    for path in (ready / "layers/demo_x/deps", ready / "layers/demo_x/app"):
        for file in path.rglob("*"):
            if file.is_file():
                file.unlink()
    run_all(ready, run, tag)
    assert (ready / "layers/demo_x/deps/count").read_text() == "kept kept \n"


def test_the_cache_may_be_an_image(
    ready: Path, registry: FakeRegistry, client: RegistryClient, tag: ImageRef
) -> None:
    run, cached = run_image(client, registry), ImageRef.parse(f"{registry.host}/demo/cache")
    run_all(ready, run, tag, f"-cache-image={cached}")
    image = read_image(client, cached)
    [listed] = label(image, "io.buildpacks.lifecycle.cache.metadata")["buildpacks"]
    assert (listed["key"], listed["version"], list(listed["layers"])) == ("demo/x", "1", ["deps"])
    assert listed["layers"]["deps"]["sha"] == image.layers[0].diff_id
    shutil.rmtree(ready / "layers/demo_x")
    run_all(ready, run, tag, f"-cache-image={cached}")
    assert (ready / "layers/demo_x/deps/count").read_text() == "kept kept \n"
    assert not (ready / "cache/committed").exists()
    told = completion.describe(client, tag.at(client.digest(tag)), str(cached))
    assert told["latestCacheImage"] == str(cached.at(client.digest(cached)))


def test_a_person_chooses_the_default_process_and_the_date(
    ready: Path,
    registry: FakeRegistry,
    client: RegistryClient,
    tag: ImageRef,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    shutil.rmtree(ready / "cnb/buildpacks/demo_x")
    more = '\n[[processes]]\ntype = "worker"\ncommand = ["work"]\nEND\n'
    add_buildpack(ready, "demo/x", f"test -f main.x || exit 100\n{PASS}", BUILD.replace("\nEND\n", more))
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    run = run_image(client, registry)
    run_all(ready, run, tag, "", "-process-type=worker")
    image = read_image(client, tag)
    assert image.config["config"]["Entrypoint"] == ["/cnb/process/worker"]
    assert image.config["created"] == "2023-11-14T22:13:20Z"
    with pytest.raises(AssertionError):
        run_all(ready, run, tag, "", "-process-type=none")
    assert "tried to set none to default but it doesn't exist" in capsys.readouterr().err


def test_completion_tells_what_was_built(
    ready: Path, registry: FakeRegistry, client: RegistryClient, tag: ImageRef
) -> None:
    run = run_image(client, registry)
    run_all(ready, run, tag)
    told = completion.describe(client, tag.at(client.digest(tag)), "")
    assert told["latestImage"] == f"{tag.name}@{client.digest(tag)}"
    assert told["buildpackMetadata"] == [{"id": "demo/x", "version": "1"}]
    assert (told["stackID"], told["stackRunImage"]) == ("stack", str(run))
    assert len(completion.encode(told)) < 4096
    assert told["lifecycleVersion"] == __version__


def test_completion_tells_the_version_of_the_lifecycle_that_exported(
    ready: Path, registry: FakeRegistry, client: RegistryClient, tag: ImageRef
) -> None:
    """Else a builder with another lifecycle than ours would be built with anew for ever."""
    run_all(ready, run_image(client, registry), tag)
    image = read_image(client, tag)
    facts = json.loads(image.labels[completion.BUILD_LABEL])
    facts["launcher"]["version"] = "0.20.1"
    write_image(client, image.labelled({completion.BUILD_LABEL: json.dumps(facts)}), [tag])
    assert completion.describe(client, tag.at(client.digest(tag)), "")["lifecycleVersion"] == "0.20.1"


def test_a_new_run_image_is_exchanged_without_a_build(
    ready: Path, registry: FakeRegistry, client: RegistryClient, tag: ImageRef
) -> None:
    run_all(ready, run_image(client, registry), tag)
    before = read_image(client, tag)
    new = run_image(client, registry, "newer")
    moved = rebase.exchange(client, tag.at(before.digest), new)
    assert moved.layers[0].diff_id == read_image(client, new).layers[0].diff_id
    assert [one.diff_id for one in moved.layers[1:]] == [one.diff_id for one in before.layers[1:]]
    assert label(moved, "io.buildpacks.lifecycle.metadata")["runImage"]["reference"] == str(new)


@pytest.mark.parametrize(
    ("detects", "order", "code"),
    [
        ({"a/a": "exit 100"}, ["a/a"], Code.NO_GROUP),
        ({"a/a": "exit 3"}, ["a/a"], Code.NO_GROUP_WITH_ERRORS),
        ({"a/a": PASS, "b/b": "exit 100"}, ["a/a b/b"], Code.NO_GROUP),
        ({"a/a": PASS, "b/b": "exit 100"}, ["a/a b/b?"], 0),
        ({"a/a": "exit 100", "b/b": PASS}, ["a/a", "b/b"], 0),
        ({"a/a": 'printf "[[requires]]\\nname = \\"y\\"\\n" > "$2"'}, ["a/a"], Code.NO_GROUP),
        ({"a/a": 'echo "not toml" > "$2"'}, ["a/a"], Code.NO_GROUP_WITH_ERRORS),
    ],
)
def test_detection_ends_with_lifecycles_codes(
    pod: Path, detects: dict[str, str], order: list[str], code: int
) -> None:
    for name, script in detects.items():
        add_buildpack(pod, name, script)
    set_order(pod, *order)
    assert run_detect(pod) == code


def test_a_buildpack_that_fails_ends_the_build_with_51(
    ready: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    add_buildpack(ready, "demo/bad", f"{PASS}", "echo broken >&2; exit 7")
    set_order(ready, "demo/bad")
    assert run_detect(ready) == 0
    given = flags(ready)
    assert (
        build.main([given[name] for name in ("layers", "app", "group", "plan", "platform")]) == Code.BUILDPACK
    )
    assert "ERROR: failed to build: exit status 7" in capsys.readouterr().err


def test_a_registry_that_is_gone_ends_the_export_with_62(
    ready: Path, registry: FakeRegistry, client: RegistryClient, tag: ImageRef
) -> None:
    run_all(ready, run_image(client, registry), tag)
    registry.close()
    given = flags(ready)
    arguments = [given[name] for name in ("layers", "app", "group", "analyzed", "report", "launcher")]
    assert export.main([*arguments, str(tag)]) == Code.EXPORT
    assert analyze.main([given["analyzed"], f"-run-image={tag}", str(tag)]) == Code.ANALYZE
