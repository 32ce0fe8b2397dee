"""Mistakes in command lines of ``pkgops ytt``, its subcommands, and its formatter, in the program's words."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pkgops.ytt.format import formatted
from pkgops.ytt.modules.versions import LANGUAGE_VERSION
from pkgops.ytt.sandbox import ChildError, isolated

CASES = Path(__file__).parent.parent / "data/ytt-cases"
PROGRAM = (sys.executable, "-c", "from pkgops.cli.main import main; main()", "ytt")
BROKEN = "did not find expected ',' or ']'\n"


def ytt(case: str, *arguments: str, stdin: str = "") -> tuple[int, str, str]:
    done = subprocess.run(
        [*PROGRAM, *arguments], cwd=CASES / case, input=stdin, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("arguments", [["-f", ""], ["-f", "x="]])
def test_an_empty_name_is_no_folder(arguments: list[str]) -> None:
    error = "ytt: Error: Checking file '': lstat : no such file or directory\n"
    assert ytt("03", *arguments) == (1, "", error)


def test_standard_input_is_read_once() -> None:
    taken = "Standard input has already been read, has the '-' argument been used in more than one flag?\n"
    assert ytt("04", "-f", "-", "-f", "-", stdin="a: 1\n") == (1, "", f"ytt: Error: {taken}")
    told = "ytt: Error: Extracting data value from file:\n  Reading file 'stdin.yml':\n    "
    assert ytt("04", "-f", "-", "--data-values-file", "-", stdin="a: 1\n") == (1, "", told + taken)


def test_a_pipe_may_be_named_by_its_link() -> None:
    assert ytt("05", "-f", "x.yml=/dev/stdin", stdin="a: 1\n") == (0, "a: 1\n", "")


def test_commands_of_the_program() -> None:
    version = f"ytt version {LANGUAGE_VERSION}\n"
    assert ytt("06", "--version") == (0, version, "")
    assert ytt("06", "version") == (0, version, "")
    assert ytt("06", "template", "-f", "a.yml") == (0, "a: 1\n", "")
    assert ytt("06", "fmt", "-f", "a.yml") == (0, "#@ x = 1\na: #@ x\n", "")
    status, out, error = ytt("06", "--debug", "-f", "a.yml")
    assert (status, out) == (0, "a: 1\n")
    assert "## file a.yml\n" in error
    assert "x = 1 | #@ x = 1\n" in error


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (
            ["-f", "a.yml", "--strict=bogus"],
            'invalid argument "bogus" for "-s, --strict" flag: strconv.ParseBool: '
            'parsing "bogus": invalid syntax',
        ),
        (["-f"], "flag needs an argument: 'f' in -f"),
        (["--file"], "flag needs an argument: --file"),
        (["--nope"], "unknown flag: --nope"),
        (["-sx"], "unknown shorthand flag: 'x' in -x"),
        (["---x"], "bad flag syntax: ---x"),
        (["-f", "a.yml", "extra", "more"], "command 'ytt' does not accept extra arguments 'extra'"),
        (["version", "x"], "command 'ytt version' does not accept extra arguments 'x'"),
        (["fmt", "--nope"], "unknown flag: --nope"),
    ],
)
def test_mistakes_in_flags_have_the_words_of_the_program(arguments: list[str], error: str) -> None:
    assert ytt("07", *arguments) == (1, "", f"ytt: Error: {error}\n")


@pytest.mark.parametrize(
    ("case", "arguments", "where"),
    [
        ("09", [], "'b.yml': yaml: line 2"),
        ("11", [], "'a.yml': yaml: line 1"),
        ("11", ["--data-values-inspect"], "'a.yml': yaml: line 1"),
    ],
)
def test_what_is_no_yaml_is_told_before_anything_runs(case: str, arguments: list[str], where: str) -> None:
    error = f"ytt: Error: Unmarshaling YAML template {where}: {BROKEN}"
    assert ytt(case, "-f", ".", *arguments) == (1, "", error)


def test_an_unexpected_error_of_the_child_comes_out_as_what_it_is() -> None:
    with pytest.raises(ChildError, match="ZeroDivisionError") as caught:
        isolated(lambda: 1 // 0, memory_mib=256, seconds=60)
    assert "test_ytt_cases.py" in caught.value.__notes__[0]


FORMATTED = """\

#! top
---
# c
a: 1 # trailing

b:
  - x: 1
    k: q

  #@ if True:
  - - 2
    - 3 #@ foo

#@ end
c: |
  multi
  line

e: null
quoted key: "yes"
f:
"""


def test_a_template_is_formatted_with_its_comments() -> None:
    source = (
        '#! top\n---\n# c\na:   1   # trailing\nb:\n  - {x: 1, k: "q"}\n  #@ if True:\n  - - 2\n'
        '    - 3 #@ foo\n  #@ end\n\nc: |\n  multi\n  line\ne: ~\n"quoted key": "yes"\nf: []\n'
    )
    assert formatted(source) == FORMATTED
