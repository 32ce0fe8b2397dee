"""Output texts as yaml.v3 prints them; the digests were recorded on, or published for, the real one."""

import hashlib
import json
from pathlib import Path

import pytest

from pkgops.formats import goyaml, yaml

RECORDED = json.loads((Path(__file__).parents[1] / "data" / "carto" / "outputs.json").read_text())


def written(value):
    return goyaml.dump(goyaml.ordered(goyaml.as_doubles(value), goyaml.V3), goyaml.V3)


@pytest.mark.parametrize("output", RECORDED, ids=lambda output: output["digest"][7:15])
def test_recorded_outputs_have_the_recorded_digest(output: dict[str, str]) -> None:
    text = written(yaml.parse(output["preview"], "preview"))
    assert text == output["preview"]
    assert f"sha256:{hashlib.sha256(text.encode()).hexdigest()}" == output["digest"]


@pytest.mark.parametrize(
    ("value", "digest"),
    [
        ("knitting", "ccea367d03c124f9594e3ba0aa97e533c35a47694f62757e4dce79039ca361d7"),
        ("5", "11fd182657d58787e0e5b61c5da79195f8715fef7f957b9cdba2d8a581b2ca33"),
    ],
)
def test_reference_digests(value: str, digest: str) -> None:
    assert hashlib.sha256(written(value).encode()).hexdigest() == digest


def test_every_number_is_a_double() -> None:
    assert (
        written({"a": 5, "b": [1400000, True, None]}) == "a: 5\nb:\n    - 1.4e+06\n    - true\n    - null\n"
    )


def test_keys_are_ordered_with_numbers_by_value() -> None:
    assert written({"item10": "", "item9": ""}) == 'item9: ""\nitem10: ""\n'
