"""``pkgops ytt``: flags, output, errors, and the program in its place."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from pkgops.cli import ytt as cli
from pkgops.tools_ytt import run_ytt, without_own_flags


def run(*arguments: str, stdin: str = "") -> tuple[int, str, str]:
    app = typer.Typer()
    app.command()(cli.command)
    result = CliRunner().invoke(app, list(arguments), input=stdin, standalone_mode=False)
    if result.exception is not None:
        raise result.exception
    return result.return_value, result.stdout, result.stderr


@pytest.fixture
def pipeline(tmp_path: Path) -> Path:
    """Templates in a folder, blueprints as files, values in a file."""
    (tmp_path / "templates/source").mkdir(parents=True)
    (tmp_path / "templates/source/git.yaml").write_text("kind: ClusterSourceTemplate\nytt: |\n  #@ text\n")
    (tmp_path / "templates/a.star").write_text("def image(name):\n  return name + ':1'\nend\n")
    (tmp_path / "supplychain.yaml").write_text(
        '#@ load("@ytt:data", "data")\n#@ load("a.star", "image")\n---\nkind: ClusterSupplyChain\n'
        "image: #@ image(data.values.name)\n"
    )
    (tmp_path / "delivery.yaml").write_text(
        '#@ load("@ytt:data", "data")\nkind: ClusterDelivery\ncount: #@ data.values.count\n'
    )
    (tmp_path / "values.yaml").write_text("# plain comments are fine here\nname: app\ncount: 1\n")
    return tmp_path


def test_a_pipeline_renders_in_one_call(pipeline: Path) -> None:
    names = ("templates", "supplychain.yaml", "delivery.yaml")
    files = [part for name in names for part in ("-f", str(pipeline / name))]
    code, out, err = run(*files, "--data-values-file", str(pipeline / "values.yaml"), "-v", "count=2")
    assert (code, err) == (0, "")
    assert out == (
        "kind: ClusterSourceTemplate\nytt: |\n  #@ text\n---\nkind: ClusterSupplyChain\nimage: app:1\n"
        '---\nkind: ClusterDelivery\ncount: "2"\n'
    )


def test_formats() -> None:
    template = "b: #@ 1\na: [x]\n"
    assert run("-f", "-", "-o", "json", stdin=template)[1] == '{"a":["x"],"b":1}'
    assert run("-f", "-", "-o", "pos", stdin=template)[1].splitlines()[1].endswith("stdin.yml:1 |   b: 1")
    assert run("-f", "-", "-o", "toml", stdin=template)[2] == "ytt: Error: Unknown output type 'toml'\n"


def test_errors_go_to_stderr_in_the_programs_form() -> None:
    code, out, err = run("-f", "-", stdin="a: #@ x\n")
    assert (code, out) == (1, "")
    assert err == "ytt: Error: \n- undefined: x\n    stdin.yml:1 | a: #@ x\n"
    overlay = '#@ load("@ytt:overlay", "overlay")\n#@overlay/match by=overlay.all\n---\na: 1\n'
    assert run("-f", "-", stdin=overlay)[2] == (
        "ytt: Error: Overlaying (in following order: stdin.yml):\n  Document on line stdin.yml:3:\n"
        "    Expected number of matched nodes to be 1, but was 0\n"
    )


def test_results_in_a_directory(pipeline: Path, tmp_path: Path) -> None:
    (pipeline / "templates/note.txt").write_text("(@= str(1 + 1) @)")
    target = tmp_path / "out"
    code, out, _ = run("-f", str(pipeline / "templates"), "--output-files", str(target))
    assert code == 0
    assert (target / "note.txt").read_text() == "2"
    assert (target / "source/git.yaml").is_file()
    assert f"creating: {target / 'note.txt'}\n" in out
    (target / "old").write_text("")
    run("-f", str(pipeline / "templates"), "--dangerous-emptied-output-directory", str(target))
    assert not (target / "old").exists()


def test_inspection(pipeline: Path) -> None:
    files = ("-f", str(pipeline / "templates"))
    assert run(*files, "--files-inspect")[1] == "- a.star\n- source/git.yaml\n"
    assert run(*files, "-v", "a.b=c", "--data-values-inspect")[1] == "a:\n  b: c\n"


def test_bulk() -> None:
    files = '{"files": [{"name": "a.yml", "data": "a: #@ 1"}]}'
    assert run("--bulk-in", files, "--bulk-out")[1] == '{"files":[{"name":"a.yml","data":"a: 1\\n"}]}'


def test_memory_and_time_are_limited() -> None:
    hungry = "#@ l = []\n#@ for i in range(1000000000):\n#@   l.append('x' * 1000000 + str(i))\n#@ end\n"
    assert "MiB of memory" in run("-f", "-", "--max-memory", "64", stdin=hungry)[2]
    endless = "#@ for i in range(1000000000):\n#@   x = i\n#@ end\n"
    assert "took too long" in run("-f", "-", "--max-seconds", "0.05", stdin=endless)[2]


def test_the_program_gets_the_flags_that_it_knows(tmp_path: Path) -> None:
    program = tmp_path / "ytt"
    program.write_text(
        f"#!{sys.executable}\nimport sys\nprint(sys.argv[1:], sys.stdin.read())\nsys.exit(3)\n"
    )
    program.chmod(0o755)
    arguments = without_own_flags(["-f", "-", "--ytt", "x", "--max-memory=5", "-v", "a=b"])
    result = run_ytt(str(program), arguments, stdin="input")
    assert result.status == 3
    assert result.stdout == "['-f', '-', '-v', 'a=b'] input\n"
