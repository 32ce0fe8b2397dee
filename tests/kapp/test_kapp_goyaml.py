import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pkgops import yamlio
from pkgops.kapp.goyaml import sorted_maps, to_yaml


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain", "plain"),
        ("", '""'),
        ("true", '"true"'),
        ("123", '"123"'),
        ("1.5e3", '"1.5e3"'),
        ("2026-11-22T17:51:05Z", '"2026-11-22T17:51:05Z"'),
        ("v1;ns/kind/name", "v1;ns/kind/name"),
        ("a: b", "'a: b'"),
        ("it's #1", "'it''s #1'"),
        ("- dash", "'- dash'"),
        ("tab\there", '"tab\\there"'),
        (None, "null"),
        (True, "true"),
        (8080, "8080"),
        ({}, "{}"),
        ([], "[]"),
    ],
)
def test_scalars(value: object, text: str) -> None:
    assert to_yaml(value) == f"{text}\n"


def test_lock_file_has_lists_flush_with_their_key() -> None:
    lock = {
        "apiVersion": "vendir.k14s.io/v1alpha1",
        "directories": [{"contents": [{"inline": {}}], "path": "0"}],
    }
    assert to_yaml(lock) == (
        'apiVersion: vendir.k14s.io/v1alpha1\ndirectories:\n- contents:\n  - inline: {}\n  path: "0"\n'
    )


def test_text_with_lines_is_a_block() -> None:
    assert to_yaml({"a": "one\ntwo\n", "b": "x\ny"}) == "a: |\n  one\n  two\nb: |-\n  x\n  y\n"


SAFE = st.text(alphabet=st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=60).filter(
    lambda text: text != "="  # Go writes it plain; the reader here takes it for a tag
)
TREES = st.recursive(
    SAFE | st.integers(-(2**53), 2**53) | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(SAFE, inner, max_size=4),
    max_leaves=12,
)


@settings(deadline=None)  # a busy machine is no failure
@given(TREES)
def test_what_is_written_reads_back(value: object) -> None:
    assert yamlio.parse(to_yaml(value), "text") == value


def test_keys_are_sorted_as_go_sorts_them() -> None:
    keys = ["b", "a10", "a2", "a", "_x", "A", "a1b", "10", "9", "a.b", "ab"]
    expected = ["_x", "9", "10", "A", "a", "a.b", "a1b", "a2", "a10", "ab", "b"]
    assert list(sorted_maps(dict.fromkeys(keys))) == expected
    assert to_yaml(sorted_maps({"b": {"d": 1, "c": 2}, "a": [{"z": 1, "q": 2}]})) == (
        "a:\n- q: 2\n  z: 1\nb:\n  c: 2\n  d: 1\n"
    )
