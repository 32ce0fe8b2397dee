"""Fields of what buildpacks write: refused are those that lifecycle 0.20.8 refused, in its words."""

from __future__ import annotations

from pathlib import Path

import pytest
from buildpack_kit import add_buildpack

from pkgops.lifecycle import layer_files, outputs
from pkgops.lifecycle.buildpacks_on_disk import Buildpack
from pkgops.lifecycle.phase import Code, PhaseError

PROCESS = '[[processes]]\ntype="w"\ncommand=["a"]\n'
LAYER = "failed to process buildpack layer: failed to decode layer metadata file: "


def types(line: int, key: str, found: str, wanted: str) -> str:
    text = f"incompatible types: TOML value has type {found}; destination has type {wanted}"
    return f'toml: line {line} (last key "{key}"): {text}'


@pytest.fixture
def own(pod: Path) -> Path:
    add_buildpack(pod, "a", "exit 0")
    folder = pod / "layers/a"
    folder.mkdir()
    return folder


def refusal(own: Path, files: dict[str, str], api: str = "0.9", more: str = "") -> str:
    """What is said of the files that a buildpack left; empty if they are fine."""
    description = own.parents[1] / "cnb/buildpacks/a/1/buildpack.toml"
    description.write_text(f'api = "{api}"\n[buildpack]\nid = "a"\nversion = "1"\n{more}')
    for name, text in files.items():
        (own / name).write_text(text)
    try:
        outputs.read(Buildpack("a", "1"), own, [{"name": "x"}])
    except PhaseError as error:
        return str(error.what) if error.code == Code.BUILD else f"code {error.code}"
    return ""


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("launch.toml", PROCESS + 'args="b"', types(4, "processes.args", "string", "slice")),
        ("launch.toml", PROCESS + 'default="yes"', types(4, "processes.default", "string", "boolean")),
        ("launch.toml", PROCESS + "working-dir=1", types(4, "processes.working-dir", "int64", "string")),
        ("launch.toml", PROCESS + PROCESS + "args=1", types(7, "processes.args", "int64", "slice")),
        (
            "launch.toml",
            '[[processes]]\ntype=1\ncommand=["a"]',
            types(2, "processes.type", "int64", "string"),
        ),
        (
            "launch.toml",
            '[[processes]]\ntype="w"\ncommand=[1]',
            types(3, "processes.command", "int64", "string"),
        ),
        ("launch.toml", 'labels="a"', types(1, "labels", "string", "slice")),
        ("launch.toml", '[labels]\nkey="a"', types(1, "labels", "map[string]any", "slice")),
        ("launch.toml", '[[labels]]\nkey="a"\nvalue=1', types(3, "labels.value", "int64", "string")),
        ("launch.toml", '[processes]\ntype="w"', types(1, "processes", "map[string]any", "slice")),
        ("launch.toml", '[[slices]]\npaths="a"', types(2, "slices.paths", "string", "slice")),
        (
            "launch.toml",
            '[[processes]]\ntype="w"',
            "toml: incompatible types: TOML value has type <nil>; destination has type slice",
        ),
        ("build.toml", 'unmet="x"', types(1, "unmet", "string", "slice")),
        ("build.toml", "[[unmet]]\nname=1", types(2, "unmet.name", "int64", "string")),
        ("l.toml", '[types]\nlaunch="true"', LAYER + types(2, "types.launch", "string", "boolean")),
        (
            "l.toml",
            "types=1",
            f'{LAYER}toml: line 1 (last key "types"): '
            "type mismatch for buildpack.typesTable: expected table but found int64",
        ),
    ],
)
def test_a_value_of_another_type_is_refused(own, name, text, words):
    assert refusal(own, {name: text}) == words


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("launch.toml", PROCESS + "foo=1\n[bar]\nx=1"),
        ("launch.toml", '[[bom]]\nname="a"\n[bom.metadata]\nx=1'),
        ("build.toml", '[[unmet]]\nname="x"'),
        ("l.toml", 'metadata="x"\n[types]\nlaunch=true\nfoo=1'),
        ("store.toml", 'metadata="x"'),
    ],
)
def test_what_nobody_reads_is_not_judged(own, name, text):
    assert refusal(own, {name: text}) == ""


def test_a_command_is_a_string_before_its_api_made_it_a_list(own):
    words = "toml: incompatible types: TOML value has type <nil>; destination has type string"
    assert refusal(own, {"launch.toml": '[[processes]]\ntype="w"'}, "0.8") == words
    assert refusal(own, {"launch.toml": '[[processes]]\ntype="w"\ncommand=[]'}) == (
        "process 'w' has a command without a word"
    )


def test_fields_are_known_whatever_letters_are_capitals(own):
    (own / "launch.toml").write_text('[[Processes]]\nType="w"\nCommand=["a"]\n')
    found = outputs.read(Buildpack("a", "1"), own, [])
    assert [(one["type"], one["command"]) for one in found.processes] == [("w", ["a"])]


@pytest.mark.parametrize("name", ["launch", "build", "l"])
def test_bills_of_materials_are_of_declared_types(own, name):
    layer = {"l.toml": "[types]\nlaunch = true\n"} if name == "l" else {}
    path = own / f"{name}.sbom.cdx.json"
    words = (
        f"validating SBOM file '{path}' for buildpack: 'a@1': "
        "undeclared SBOM media type: 'application/vnd.cyclonedx+json'"
    )
    assert refusal(own, {**layer, path.name: "{}"}) == words
    declared = 'sbom-formats = ["application/vnd.cyclonedx+json"]'
    assert refusal(own, {}, more=declared) == ""
    other = own / f"{name}.sbom.foo.json"
    assert refusal(own, {other.name: "{}"}, more=declared) == f"unsupported SBOM file format: '{other}'"


def test_a_bill_of_no_layer_is_not_judged(own):
    assert refusal(own, {"l.sbom.spdx.json": "{}"}) == ""


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        (
            "l.toml",
            "[types]\nlaunch = true\n",
            "cannot reuse 'a:l', previous image has no metadata for layer 'a:l'",
        ),
        ("l.toml", "[types]\nlaunch = true\ncache = true\n", "layer 'a:l' is cache=true but has no contents"),
        (
            "store.toml",
            'metadata = "x"\n',
            "reading layers for buildpack 'a': failed decoding store.toml for buildpack \"a\": "
            + types(1, "metadata", "string", "map"),
        ),
    ],
)
def test_no_image_is_made_of_what_is_not_there(pod, own, name, text, words):
    (own / name).write_text(text)
    with pytest.raises(PhaseError) as caught:
        layer_files.check(pod / "layers", Buildpack("a", "1"))
    assert (caught.value.what, caught.value.code) == (words, Code.EXPORT)


@pytest.mark.parametrize("text", ["[types]\nbuild = true\n", "[types]\ncache = true\n", ""])
def test_layers_that_are_not_launched_may_be_empty(pod, own, text):
    (own / "l.toml").write_text(text)
    layer_files.check(pod / "layers", Buildpack("a", "1"))
