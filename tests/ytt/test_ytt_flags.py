"""The flags of ``pkgops ytt``, and what comes of links and of schemas."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from pkgops.cli import ytt_flags
from pkgops.cli.ytt_run import run
from pkgops.ytt.errors import YttError
from pkgops.ytt.sources import Sources, Symlinks

SCHEMA = """
#@data/values-schema
---
#@schema/validation min_len=1, max_len=5
text: abc
#@schema/validation min_len=1
names: [""]
#@schema/validation max_len=3
map: {a: 1}
#@schema/validation min=1, max=9, one_of=[1, 2]
count: 1
#@schema/validation min_len=1, when=lambda value: value != ""
sometimes: abc
"""


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["-f", "a", "--file=b", "-fc", "-f=d"], {"file": ["a", "b", "c", "d"]}),
        (["-s", "--bulk-out=false"], {"strict": True, "bulk_out": False}),
        (["-s=false"], {"strict": False}),
        (["--max-seconds", "1.5", "--max-memory=64"], {"max_seconds": 1.5, "max_memory": 64}),
        (["-v", "--strict"], {"data_value": ["--strict"], "strict": False}),
        (["--output-files", "x=y"], {"output_files": "x=y"}),
    ],
)
def test_flags_are_parsed_like_those_of_the_program(
    arguments: list[str], expected: dict[str, object]
) -> None:
    values = ytt_flags.parse(arguments)
    assert values is not None
    assert {key: values[key] for key in expected} == expected


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], ["fmt", "--help"], ["-sh"]])
def test_help_is_left_to_typer(arguments: list[str]) -> None:
    assert ytt_flags.parse(arguments) is None


@pytest.mark.parametrize("arguments", [["file"], ["--nope"], ["-f"], ["--max-memory", "much"], ["-s=maybe"]])
def test_mistakes_are_refused(arguments: list[str]) -> None:
    with pytest.raises(ytt_flags.Mistake):
        ytt_flags.parse(arguments)


def flags(*arguments: str) -> dict[str, object]:
    values = ytt_flags.parse(arguments)
    assert values is not None
    return values


def test_rules_of_a_schema_are_part_of_its_openapi_document(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "schema.yml").write_text(SCHEMA)
    assert run(flags("-f", str(tmp_path), "--data-values-schema-inspect", "-o", "openapi-v3")) == 0
    values = yaml.safe_load(capsys.readouterr().out)["components"]["schemas"]["dataValues"]["properties"]
    assert (values["text"]["minLength"], values["text"]["maxLength"]) == (1, 5)
    assert values["names"]["minItems"] == 1
    assert values["map"]["maxProperties"] == 3
    assert (values["count"]["minimum"], values["count"]["maximum"], values["count"]["enum"]) == (1, 9, [1, 2])
    assert "minLength" not in values["sometimes"]


def test_a_link_is_followed_only_to_an_allowed_place(tmp_path: Path) -> None:
    (tmp_path / "target").mkdir()
    (tmp_path / "target/real.yml").write_text("a: 1\n")
    (tmp_path / "given").mkdir()
    (tmp_path / "given/link.yml").symlink_to("../target/real.yml")
    with pytest.raises(YttError, match="to be allowed, but was not"):
        Sources(Symlinks()).files([str(tmp_path / "given")])
    allowed = Symlinks.of([str(tmp_path / "target")], allow_all=False)
    (file,) = Sources(allowed).files([str(tmp_path / "given")])
    assert file.text() == "a: 1\n"


def test_a_link_to_a_directory_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "target").mkdir()
    (tmp_path / "target/real.yml").write_text("a: 1\n")
    (tmp_path / "given").mkdir()
    (tmp_path / "given/link").symlink_to("../target")
    (file,) = Sources(Symlinks(allow_all=True)).files([str(tmp_path / "given")])
    assert (file.path, file.text()) == ("link", "")


@pytest.mark.parametrize("flag", ["--data-value-file", "--data-values-file"])
def test_a_missing_file_is_named(flag: str, capsys: pytest.CaptureFixture[str]) -> None:
    value = "x=/does/not/exist" if flag == "--data-value-file" else "/does/not/exist"
    assert run(flags(flag, value)) == 1
    error = capsys.readouterr().err
    assert "Extracting data value from file:" in error
    assert "lstat /does/not/exist: no such file or directory" in error


def test_an_error_within_a_nullable_schema_stands_below_a_heading(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "schema.yml").write_text("#@data/values-schema\n---\n#@schema/nullable\na:\n  b: null\n")
    assert run(flags("-f", str(tmp_path))) == 1
    error = capsys.readouterr().err
    assert "\nInvalid schema\n==============\n\nInvalid schema - null value not allowed here\n" in error


def test_computed_lists_are_shown_whole_with_positions(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.yml").write_text("a: #@ [1]\n1: b\n")
    assert run(flags("-f", str(tmp_path), "-o", "pos")) == 0
    lines = [line.partition("| ")[2] for line in capsys.readouterr().out.splitlines()]
    assert lines == ["[doc]", "  a: - 1", "  %!s(int=1): b"]
