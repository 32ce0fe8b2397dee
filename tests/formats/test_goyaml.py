"""Texts against those of the real libraries; what is written must also read back as it was."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pkgops.formats import goyaml, yaml

WRITTEN = json.loads((Path(__file__).parents[1] / "data" / "formats" / "written.json").read_text())
DIALECTS = {"v2": goyaml.V2, "v3": goyaml.V3}


def doubles(value):
    if isinstance(value, dict):
        return {key: doubles(item) for key, item in value.items()}
    if isinstance(value, list):
        return [doubles(item) for item in value]
    return float(value) if type(value) is int else value


@pytest.mark.parametrize("version", DIALECTS)
@pytest.mark.parametrize("row", WRITTEN, ids=lambda row: json.dumps(row["value"])[:40])
def test_it_is_what_go_yaml_writes(row, version):
    dialect = DIALECTS[version]
    assert goyaml.dump(goyaml.ordered(doubles(row["value"]), dialect), dialect) == row[version]


def test_whole_numbers_stay_whole():
    assert goyaml.dump({"port": 1400000}, goyaml.V2) == "port: 1400000\n"


def test_keys_keep_their_order_unless_they_are_put_in_order():
    assert goyaml.dump({"b": "x", "a": "x"}, goyaml.V2) == "b: x\na: x\n"
    nested = goyaml.ordered({"b": {"d": 1, "c": 2}, "a": [{"z": 1, "q": 2}]}, goyaml.V2)
    assert goyaml.dump(nested, goyaml.V2) == "a:\n- q: 2\n  z: 1\nb:\n  c: 2\n  d: 1\n"


def test_the_versions_differ_in_letters_after_digits():
    keys = dict.fromkeys(["1-", "1a"])
    assert list(goyaml.ordered(keys, goyaml.V2)) == ["1-", "1a"]
    assert list(goyaml.ordered(keys, goyaml.V3)) == ["1a", "1-"]


# Go writes "=" plain, which the reader here takes for a tag, and knows more line ends than it does.
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\r\x85\u2028\u2029\ufeff"), max_size=60)
SAFE = TEXTS.filter(lambda text: text != "=")


def trees(texts):
    return st.recursive(
        texts | st.integers(-(2**53), 2**53) | st.booleans() | st.none(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
        max_leaves=12,
    )


@settings(deadline=None)  # a busy machine is no failure
@given(trees(SAFE))
def test_what_v2_writes_reads_back(value):
    assert yaml.parse(goyaml.dump(value, goyaml.V2), "text") == value


@settings(deadline=None)
@given(trees(SAFE.filter(lambda text: not text.startswith("\n"))))
def test_what_v3_writes_reads_back_but_for_a_leading_line_end(value):
    assert yaml.parse(goyaml.dump(value, goyaml.V3), "text") == value
