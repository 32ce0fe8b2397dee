"""Every fixture of ytt's own suite that is at hand, each as its own test."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from pkgops.ytt import DataValues, InputFile, Options, YttError, evaluate, render_text, validate
from pkgops.ytt.tree.output import as_positions

_FOLDER = os.environ.get("PKGOPS_FIXTURES", "")
ROOT = Path(_FOLDER) / "ytt"
VALUES = {
    "int": 123,
    "intNeg": -49,
    "float": 123.123,
    "t": True,
    "f": False,
    "nullz": None,
    "string": "string",
    "map": {"a": 123},
    "list": ["a", 123, {"a": 123}],
}

pytestmark = pytest.mark.skipif(not _FOLDER, reason="PKGOPS_FIXTURES does not name the folder of fixtures")


def fixtures(folder: str) -> list[str]:
    root = ROOT / folder
    return sorted(str(path.relative_to(root)) for path in root.rglob("*.tpltest")) if _FOLDER else []


def normal(text: str) -> list[str]:
    text = re.sub(r"__ytt_tpl\d+_", "__ytt_tplXXX_", text)
    return [re.sub(r"\s+", " ", line).strip() for line in text.splitlines() if line.strip()]


def split(path: Path) -> tuple[str, str]:
    template, _, expected = path.read_text("utf-8").partition("\n+++\n\n")
    return template, expected


def assert_error(error: YttError, expected: str) -> None:
    """Every line of the expected error occurs, besides lines about generated code and names."""
    found = normal(error.text)
    for line in normal(expected.removeprefix("ERR:")):
        if "(generated)" not in line and "__ytt_tpl" not in line:
            assert any(line in other for other in found), error.text


@pytest.mark.parametrize("name", fixtures("yamltemplate"))
def test_template(name: str) -> None:
    template, expected = split(ROOT / "yamltemplate" / name)
    if expected.startswith("ERR:"):
        with pytest.raises(YttError) as caught:
            render_text(template, VALUES, "stdin")
        assert_error(caught.value, expected)
    elif expected.startswith("OUTPUT POSITION:"):
        file = InputFile(path="stdin", content=template, type="yaml", template=True)
        result = evaluate([file], DataValues(values=VALUES), Options())
        assert as_positions(result.documents) == expected.removeprefix("OUTPUT POSITION:\n")
    else:
        assert render_text(template, VALUES, "stdin.yml") == expected


@pytest.mark.parametrize("name", fixtures("validations"))
def test_validation(name: str) -> None:
    template, expected = split(ROOT / "validations" / name)
    if expected.startswith("ERR:"):
        with pytest.raises(YttError) as caught:
            validate(template)
        assert normal(caught.value.text) == normal(expected.removeprefix("ERR:"))
    else:
        assert validate(template) == expected
