"""One way to name files, stages and environments in all commands."""

from __future__ import annotations

import pytest

from pkgops.cli import registry
from pkgops.cli.lazy import load
from pkgops.cli.logs_follow import split_files
from pkgops.cli.status_run import parse
from pkgops.errors import UsageError
from pkgops.flows import workloads


def options():
    """Every option of every command and of every command of a group: path, then its option's names."""
    for entry in registry.COMMANDS:
        yield from _options(entry.name, load(entry))


def _options(path, command):
    for name, below in getattr(command, "commands", {}).items():
        yield from _options(f"{path} {name}", below)
    yield from ((path, option) for option in command.params if option.param_type_name == "option")


def takers(name):
    return [(path, set(option.opts)) for path, option in options() if name in option.opts]


def test_every_command_that_takes_a_configuration_takes_it_as_file_and_as_values():
    assert len(takers("--values")) > 10
    for path, names in takers("--values"):
        if path == "ytt":
            continue
        assert "--file" in names, path
        assert "-f" in names or path == "logs", path


def test_every_command_that_takes_an_environment_takes_it_as_env():
    found = takers("--env")
    assert {path for path, _ in found} >= {"open", "deliver", "promote", "wait", "logs", "rerun"}
    # A rollback goes to a version.
    taken = [found for name in ("--to", "--for") for found in takers(name) if found[0] != "rollback"]
    assert all("--env" in names for _, names in taken)
    assert {path for path, _ in takers("--env")} >= {"rollback"}


def test_a_stage_is_worded_once():
    texts = {option.help for _, option in options() if "--stage" in option.opts}
    assert len(texts) == 1


def test_every_command_that_takes_a_configuration_of_a_pipeline_takes_its_templates():
    """Templates bring the schema of the file; what up took, all others take."""
    without = {path for path, _ in takers("--file")} - {path for path, _ in takers("--templates")}
    assert {path.split()[0] for path in without} <= {"ytt", "registry", "local"}


@pytest.mark.parametrize(
    ("given", "told", "files"),
    [
        (["-f"], ["-f"], []),
        (["-f", "hello-go"], ["-f", "hello-go"], []),
        (["hello-go", "-f"], ["hello-go", "-f"], []),
        (["-f", "--stage", "test"], ["-f", "--stage", "test"], []),
        (["-f", "config.yaml"], ["--file=config.yaml"], ["config.yaml"]),
        (["-fconfig.yml"], ["--file=config.yml"], ["config.yml"]),
        (["-f=a.yaml", "-f"], ["--file=a.yaml", "-f"], ["a.yaml"]),
        (["-f", "a.yaml", "-f", "b.yaml"], ["--file=a.yaml", "--file=b.yaml"], ["a.yaml", "b.yaml"]),
        (["-f", "-f", "a.yaml"], ["-f", "--file=a.yaml"], ["a.yaml"]),
        (["--follow", "--file", "a.yaml"], ["--follow", "--file", "a.yaml"], []),
        (["--", "-f", "a.yaml"], ["--", "-f", "a.yaml"], []),
    ],
)
def test_both_meanings_of_f_in_logs(given, told, files):
    assert split_files(given) == (told, files)


def test_a_file_that_exists_is_a_file_whatever_its_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "values").write_text("{}")
    assert split_files(["-f", "values"]) == (["--file=values"], ["values"])
    (tmp_path / "hello-go").mkdir()
    assert split_files(["-f", "hello-go"]) == (["-f", "hello-go"], [])


def test_the_word_that_is_said_and_the_file_that_is_read(capsys):
    command = load(registry.BY_NAME["logs"])
    context = command.make_context("logs", ["-f", "config.yaml", "hello-go"])
    assert context.params["name"] == "hello-go"
    assert [str(path) for path in context.params["values"]] == ["config.yaml"]
    assert context.params["follow"] is False
    assert "config.yaml: read as configuration" in capsys.readouterr().err
    following = command.make_context("logs", ["-f", "hello-go"])
    assert (following.params["name"], following.params["follow"]) == ("hello-go", True)


@pytest.mark.parametrize("known", [[], ["hello-go"]])
def test_a_file_is_never_taken_for_a_workload(known):
    with pytest.raises(UsageError, match=r"config\.yaml is a file") as caught:
        workloads.choose(known, "config.yaml", "hello", "default")
    assert "--file config.yaml" in caught.value.next


def test_the_quick_status_reads_the_same_names():
    assert parse(["--file", "a.yaml"]) == parse(["-f", "a.yaml"]) == parse(["--values=a.yaml"])
