"""What the phases refuse, and what buildpacks are handed over: the rules of buildpacks/lifecycle."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from buildpack_kit import add_buildpack, set_order

import pkgops
from pkgops.lifecycle import build, detect, environment, outputs
from pkgops.lifecycle.buildpacks_on_disk import Buildpack
from pkgops.lifecycle.phase import Code, PhaseError

PASS = 'printf "[[provides]]\\nname = \\"x\\"\\n[[requires]]\\nname = \\"x\\"\\n" > "$2"'
PROCESS = '[[processes]]\ntype = "web"\n'
OURS = Path(pkgops.__file__).parent / "lifecycle" / "buildpacks" / "go"


def set_api(pod: Path, api: str, more: str = "", id: str = "demo/x") -> Buildpack:
    folder = pod / "cnb/buildpacks" / id.replace("/", "_") / "1"
    (folder / "buildpack.toml").write_text(f'api = "{api}"\n[buildpack]\nid = "{id}"\nversion = "1"\n{more}')
    return Buildpack(id, "1")


@pytest.fixture
def buildpack(pod: Path) -> Buildpack:
    add_buildpack(pod, "demo/x", PASS, "env > $1/seen")
    set_order(pod, "demo/x")
    return Buildpack("demo/x", "1")


def run(pod: Path) -> int:
    layers, app = pod / "layers", pod / "workspace"
    shared = [f"-app={app}", f"-group={layers}/group.toml", f"-plan={layers}/plan.toml"]
    given = [*shared, f"-platform={pod}/platform"]
    return detect.main([*given, f"-order={pod}/cnb/order.toml"]) or build.main([*given, f"-layers={layers}"])


@pytest.mark.parametrize(
    ("api", "launch", "text"),
    [
        (
            "0.9",
            f'{PROCESS}command = ["a"]\ndirect = true\n',
            "process.direct is not supported on this buildpack version",
        ),
        (
            "0.11",
            f'{PROCESS}command = ["a"]\ndirect = false\n',
            "process.direct is not supported on this buildpack version",
        ),
        (
            "0.9",
            f'{PROCESS}command = "a"\n',
            'toml: line 3 (last key "processes.command"): '
            "incompatible types: TOML value has type string; destination has type slice",
        ),
        (
            "0.8",
            f'{PROCESS}command = ["a"]\n',
            'toml: line 3 (last key "processes.command"): '
            "incompatible types: TOML value has type []any; destination has type string",
        ),
        (
            "0.9",
            '[[processes]]\ntype = "a"\ncommand = ["a"]\ndefault = true\n'
            '[[processes]]\ntype = "b"\ncommand = ["b"]\ndefault = true\n',
            "multiple default process types aren't allowed",
        ),
    ],
)
def test_a_launch_file_is_judged_by_its_api_version(pod, buildpack, api, launch, text):
    set_api(pod, api)
    own = pod / "layers/demo_x"
    own.mkdir()
    (own / "launch.toml").write_text(launch)
    with pytest.raises(PhaseError) as caught:
        outputs.read(buildpack, own, [])
    assert (caught.value.what, caught.value.code) == (text, Code.BUILD)


@pytest.mark.parametrize(
    ("api", "launch", "process"),
    [
        (
            "0.8",
            f'{PROCESS}command = "a b"\nargs = ["c"]\n',
            {"command": ["a b"], "args": ["c"], "direct": False},
        ),
        ("0.8", f'{PROCESS}command = "a"\ndirect = true\n', {"command": ["a"], "args": [], "direct": True}),
        ("0.9", f'{PROCESS}command = ["a", "b"]\n', {"command": ["a", "b"], "args": [], "direct": True}),
        (
            "0.8",
            f'{PROCESS}command = "a"\nworking-dir = "w"\n',
            {"command": ["a"], "args": [], "direct": False, "working-dir": "w"},
        ),
        (
            "0.7",
            f'{PROCESS}command = "a"\nworking-dir = "w"\n',
            {"command": ["a"], "args": [], "direct": False},
        ),
    ],
)
def test_a_process_means_what_its_api_version_says(pod, buildpack, api, launch, process):
    set_api(pod, api)
    own = pod / "layers/demo_x"
    own.mkdir()
    (own / "launch.toml").write_text(launch)
    found = outputs.read(buildpack, own, []).processes
    assert found == ({"type": "web", "buildpack-id": "demo/x", **process},)


def test_a_layer_says_in_its_types_table_what_it_is_for(pod, buildpack):
    own = pod / "layers/demo_x"
    (own / "none").mkdir(parents=True)
    (own / "none.toml").write_text("[types]\nlaunch = false\n")
    outputs.read(buildpack, own, [])
    assert (own / "none.ignore").is_dir()


@pytest.mark.parametrize("name", ["old.toml", "store.toml", "launch.toml"])
@pytest.mark.parametrize("text", ["launch = true\n", "a = \n"], ids=["flags", "syntax"])
def test_no_file_beside_the_layers_may_be_of_another_form(pod, buildpack, name, text):
    own = pod / "layers/demo_x"
    own.mkdir(parents=True)
    (own / name).write_text(text)
    with pytest.raises(PhaseError) as caught:
        outputs.read(buildpack, own, [])
    before = "failed to process buildpack layer: failed to decode layer metadata file: "
    flags = f"the launch, cache and build flags should be in the types table of {own}/{name}"
    assert caught.value.what.startswith(before + (flags if "true" in text else f"{own}/{name}: "))
    assert caught.value.code == Code.BUILD


@pytest.mark.parametrize(
    ("name", "text"),
    [("", "unmet.name is required"), ("y", "unmet.name 'y' must match a requested dependency")],
)
def test_only_what_was_asked_for_is_left_unmet(pod, buildpack, name, text):
    own = pod / "layers/demo_x"
    own.mkdir()
    (own / "build.toml").write_text(f'[[unmet]]\nname = "{name}"\n')
    with pytest.raises(PhaseError) as caught:
        outputs.read(buildpack, own, [{"name": "x"}])
    assert caught.value.what == text


def test_a_later_process_takes_the_place_of_an_earlier_one_of_its_type(capsys):
    first = {"type": "web", "command": ["a"], "default": True}
    second, other = {"type": "web", "command": ["b"]}, {"type": "job", "command": ["c"]}
    a, b, c = (
        {"type": kind, "command": word, "args": []}
        for kind, word in (("web", "a"), ("web", "b"), ("job", "c"))
    )
    assert outputs.merged([first, other]) == ([c, a], "web")
    assert outputs.merged([first, second]) == ([b], "")
    assert "process not marked as default: web" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["", "a/b", "a:b", "a\\b", "a|b"])
def test_a_process_type_that_no_link_can_be_named_after_is_refused(name):
    with pytest.raises(PhaseError) as caught:
        outputs.check_types([{"type": name}])
    assert caught.value.code == Code.EXPORT
    outputs.check_types([{"type": "web.a-b_c"}])


@pytest.mark.parametrize("api", ["0.6", "0.99", "1.0"])
def test_an_api_that_is_not_supported_ends_the_build(pod, buildpack, api, capsys):
    set_api(pod, api)
    assert run(pod) == Code.BUILDPACK_API
    text = f"ERROR: failed to set API for Buildpack 'demo/x@1': buildpack API version '{api}' is incompatible"
    assert text in capsys.readouterr().err


def test_a_buildpack_without_an_api_is_refused(pod, buildpack, capsys):
    (pod / "cnb/buildpacks/demo_x/1/buildpack.toml").write_text('[buildpack]\nid = "demo/x"\nversion = "1"\n')
    assert run(pod) == Code.BUILDPACK_API
    text = "ERROR: failed to parse buildpack API '<nil>' for buildpack 'demo/x@1'"
    assert capsys.readouterr().err.splitlines() == [text]


def test_words_after_the_first_of_a_command_are_arguments_in_what_is_handed_on():
    process = {"type": "web", "command": ["bash", "-c", "x"], "args": ["y"]}
    assert outputs.merged([process])[0] == [{"type": "web", "command": "bash", "args": ["-c", "x", "y"]}]


def test_a_plan_with_a_version_of_its_own_does_not_pass(pod, capfd):
    add_buildpack(pod, "demo/x", f'{PASS}; printf "version = \\"1\\"\\n" >> "$2"')
    set_order(pod, "demo/x")
    assert run(pod) == Code.NO_GROUP_WITH_ERRORS
    assert 'buildpack demo/x has a "version" key which is not supported.' in capfd.readouterr().out


def seen(pod: Path) -> dict[str, str]:
    lines = (pod / "layers/demo_x/seen").read_text().splitlines()
    return dict(line.partition("=")[::2] for line in lines)


def test_of_the_build_image_only_home_paths_and_proxies_reach_a_buildpack(pod, buildpack, monkeypatch):
    for name in ("GOCACHE", "GOFLAGS", "CNB_USER_ID", "SECRET", "CNB_PLATFORM_API", "PYTHONPATH"):
        monkeypatch.setenv(name, "of the image")
    for name in ("HOME", "NO_PROXY", "https_proxy", "CPATH"):
        monkeypatch.setenv(name, "handed on")
    (pod / "platform/env/BP_X").write_text("1")
    assert run(pod) == 0
    found = seen(pod)
    shells_own = {"PWD", "SHLVL", "_", "OLDPWD"}
    given = {name for name in os.environ if name in environment.INHERITED}
    own = {"CNB_BUILDPACK_DIR", "CNB_PLATFORM_DIR", "CNB_LAYERS_DIR", "CNB_BP_PLAN_PATH"}
    assert set(found) - shells_own == given | own | {"BP_X"}
    assert {found[name] for name in ("HOME", "NO_PROXY", "https_proxy", "CPATH")} == {"handed on"}


@pytest.mark.parametrize(
    ("api", "has"),
    [("0.7", set()), ("0.9", {"CNB_LAYERS_DIR"}), ("0.10", {"CNB_LAYERS_DIR", "CNB_TARGET_OS"})],
)
def test_each_api_version_has_its_own_variables(pod, buildpack, api, has):
    set_api(pod, api)
    assert run(pod) == 0
    assert set(seen(pod)) & {"CNB_LAYERS_DIR", "CNB_TARGET_OS"} == has


def test_a_buildpack_that_clears_the_environment_gets_nothing_of_the_persons(pod, buildpack):
    set_api(pod, "0.9", "clear-env = true\n")
    (pod / "platform/env/BP_X").write_text("1")
    assert run(pod) == 0
    assert "BP_X" not in seen(pod)


def test_the_builders_owner_sets_what_a_person_did_not(pod, buildpack):
    folder = pod / "cnb/build-config/env"
    folder.mkdir(parents=True)
    for name, value in {"BP_A": "1", "BP_B": "2", "BP_C.override": "3", "BP_D.append": "4"}.items():
        (folder / name).write_text(value)
    for name in ("BP_B", "BP_C", "BP_D"):
        (pod / "platform/env" / name).write_text("0")
    assert run(pod) == 0
    assert {name: value for name, value in seen(pod).items() if name.startswith("BP_")} == {
        "BP_A": "1",
        "BP_B": "0",
        "BP_C": "3",
        "BP_D": "04",
    }
    set_api(pod, "0.9", "clear-env = true\n")
    assert run(pod) == 0
    assert seen(pod)["BP_B"] == "2"


def test_what_a_person_sets_goes_in_front_of_lists_and_in_place_of_the_rest(pod, buildpack):
    for name, value in (("PATH", "/mine"), ("HOME", "/other")):
        (pod / "platform/env" / name).write_text(value)
    found = environment.for_program({"PATH": "/bin", "HOME": "/h"}, pod / "platform", buildpack, {})
    assert (found["PATH"], found["HOME"]) == ("/mine:/bin", "/other")


def test_the_layers_of_earlier_buildpacks_change_the_environment(tmp_path):
    for name in ("bin", "lib", "pkgconfig", "env", "env.build"):
        (tmp_path / name).mkdir()
    files = {
        "A": "new",
        "B.default": "new",
        "C.default": "new",
        "D.append": "y",
        "D.delim": "-",
        "E.prepend": "y",
    }
    for name, value in files.items():
        (tmp_path / "env" / name).write_text(value)
    (tmp_path / "env.build/F.override").write_text("new")
    (tmp_path / "env.build/G.unknown").write_text("new")
    before = {"A": "old", "B": "old", "D": "x", "E": "x", "F": "old", "PATH": "/bin"}
    assert environment.with_layer(before, tmp_path) == {
        "A": "new",
        "B": "old",
        "C": "new",
        "D": "x-y",
        "E": "yx",
        "F": "new",
        "PATH": f"{tmp_path}/bin:/bin",
        "LD_LIBRARY_PATH": f"{tmp_path}/lib",
        "LIBRARY_PATH": f"{tmp_path}/lib",
        "PKG_CONFIG_PATH": f"{tmp_path}/pkgconfig",
    }


def test_what_our_buildpack_writes_stands_the_rules_of_its_version(pod, tmp_path):
    """Its ``build`` runs with a compiler that writes an empty file, and with no more than it is given."""
    tools = tmp_path / "tools"
    tools.mkdir()
    script = '#!/bin/sh\ncase "$1" in version) echo "go version go1 x";; *) env > "$SEEN";; esac\n'
    (tools / "go").write_text(script)
    (tools / "go").chmod(0o755)
    (pod / "workspace/go.mod").write_text("module example.com/app\n")
    facts = tomllib.loads((OURS / "buildpack.toml").read_text())
    add_buildpack(pod, "pkgops/go", PASS)
    ours = set_api(pod, facts["api"], id="pkgops/go")
    own = pod / "layers/pkgops_go"
    own.mkdir()
    env = environment.for_program(
        {"PATH": f"{tools}:{os.environ['PATH']}", "HOME": str(tmp_path)},
        pod / "platform",
        ours,
        {"CNB_LAYERS_DIR": str(own), "SEEN": str(tmp_path / "seen")},
    )
    subprocess.run([str(OURS / "bin/build"), str(own)], cwd=pod / "workspace", env=env, check=True)
    found = outputs.read(ours, own, [])
    assert [process["command"] for process in found.processes] == [[f"{own}/targets/bin/app"]]
    assert "CGO_ENABLED=0" in (tmp_path / "seen").read_text().splitlines()


@pytest.mark.parametrize("module", ["detect", "build", "restore"])
def test_a_phase_that_asks_no_registry_loads_no_http_library(module: str) -> None:
    heavy = "{'urllib3', 'http.client', 'ssl'}"
    code = f"import sys, pkgops.lifecycle.{module}; print(*{heavy} & {{*sys.modules}})"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == ""
