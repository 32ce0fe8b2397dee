"""The reader of plain YAML gives what ruamel gives, with the same marks, or leaves the document alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pkgops.errors import UsageError
from pkgops.formats.yaml import plain, whole

ROOT = Path(__file__).parents[2]
FILES = sorted([*ROOT.glob("templates/**/*.yaml"), *ROOT.glob("*.yaml"), *ROOT.glob("pkgops/**/*.yaml")])

NOT_PLAIN = [
    "a: !!str 1\n",
    "a: {<<: {b: 1}}\n",
    "a: 1\na: 2\n",
    "1: a\n",
    "a: 2026-11-22\n",
    "a: 0x10\n",
    "a: 0o17\n",
    "a: 017\n",
    "a: 1_000\n",
    "a: 1e3\n",
    "a: .inf\n",
    "a: 12:30:45\n",
    "a: 1\n---\nb: 2\n",
    "%YAML 1.1\n---\na: yes\n",
    "a: [\n",
    "a: b: c\n",
    "a: \t\n",
    "\x85: 1\n",
]
SCALARS = st.one_of(
    st.text(alphabet="0123456789+-._:eExXoObBTtZz aAnNlLuUyYsSfF~<=", max_size=8),
    st.sampled_from(["yes", "no", "on", "off", "20m", "v1.2.3", "1.2.3", "-", "null", "True", "~", "="]),
    st.text(max_size=6),
)


CONTAINERS = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(SCALARS, inner, max_size=3)
)


def agrees(text: str) -> bool:
    """Tell whether the text is left alone, or read as ruamel reads it, types and all."""
    found = plain.read(text, "f")
    if found is None:
        return True
    try:
        expected = whole.parse_positioned(text, "f")
    except UsageError:
        return False
    return repr(found.value) == repr(expected.value) and found.marks == expected.marks


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_of_the_project(path):
    assert agrees(path.read_text())


def test_the_schema_of_the_templates_is_plain():
    assert plain.read((ROOT / "templates" / "schema.yaml").read_text(), "f") is not None


@pytest.mark.parametrize("text", NOT_PLAIN)
def test_what_is_rare_or_wrong_is_left_alone(text):
    assert plain.read(text, "f") is None


def test_an_empty_document():
    assert plain.read("# nothing\n", "f") is not None
    assert agrees("# nothing\n")


ANCHORED = [
    "a: &x 1\nb: *x\n",
    "a: &x {b: [c]}\nd: [*x, *x]\n",
    "&x a: 1\nb: *x\n",
    "a: &x\nb: *x\n",
    "a: &x {b: &y c}\nd: *y\n",
]


@pytest.mark.parametrize("text", ANCHORED)
def test_anchors_are_read_where_no_positions_are_kept(text):
    assert plain.read(text, "f") is None
    assert plain.read_all(text) == whole.parse_all(text, "f")


@pytest.mark.parametrize(
    "text",
    ["a: *x\n", "a: &x [*x]\n", "a: &x 1\nb: &x 2\nc: *x\n", "a: &x 1\n---\nb: *x\n", "a: &x !!str 1\n"],
)
def test_anchors_that_are_missing_or_stand_twice_or_within_themselves_are_left_alone(text):
    assert plain.read_all(text) is None


def test_what_is_anchored_is_one_object_as_it_is_to_ruamel():
    for documents in (plain.read_all("a: &x [1]\nb: *x\n"), whole.parse_all("a: &x [1]\nb: *x\n", "f")):
        assert documents[0]["a"] is documents[0]["b"]


@pytest.mark.parametrize(
    "path", sorted(ROOT.glob("pkgops/platform/*/crds.yaml")), ids=lambda path: path.parent.name
)
def test_the_definitions_of_the_local_platform_are_plain(path):
    assert plain.read_all(path.read_text()) is not None


def test_keys_and_items_of_lists_have_marks():
    found = plain.read('a:\n  b: yes\n  "c d": [{e: 1}]\nf: {g: 1.5, h: -2}\n', "f")
    assert found.value == {"a": {"b": "yes", "c d": [{"e": 1}]}, "f": {"g": 1.5, "h": -2}}
    assert {".".join(path): str(mark) for path, mark in found.marks.items()} == {
        "a": "f:1:1", "a.b": "f:2:3", "a.c d": "f:3:3", "a.c d.0": "f:3:11", "a.c d.0.e": "f:3:12",
        "f": "f:4:1", "f.g": "f:4:5", "f.h": "f:4:13",
    }  # fmt: skip


@pytest.mark.parametrize(
    "form", ["a: {}\n", "a: [{}]\n", "{}: 1\n", "a: '{}'\n", 'a: "{}"\n', "a: {}\n  b\n"]
)
@given(scalar=SCALARS)
@example(scalar="._")
@example(scalar="-_")
@example(scalar="-._5")
@example(scalar="0x_")
def test_scalars(form, scalar):
    assert agrees(form.replace("{}", scalar))


@given(CONTAINERS)
def test_what_ruamel_writes(value):
    assert agrees(whole.dump_all([{"a": value}]))


@pytest.mark.parametrize("read", [whole.parse, whole.parse_positioned, whole.parse_all])
@pytest.mark.parametrize("scalar", ["._", "0x_", "0b_", "-_", "2001-99-99", "2001-01-01T99:00:00Z"])
def test_what_only_looks_like_a_number_or_a_date_is_told(read, scalar):
    with pytest.raises(UsageError, match="but is not valid"):
        read(f"a: {scalar}\n", "f")


def agrees_on_all(text: str) -> bool:
    """The same of a stream of documents."""
    documents = plain.read_all(text)
    if documents is None:
        return True
    try:
        expected = whole.parse_all(text, "f")
    except UsageError:
        return False
    return repr(documents) == repr(expected)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_streams_of_the_project(path):
    assert agrees_on_all(path.read_text())


def test_streams_are_read_without_what_is_empty():
    assert plain.read_all("---\na: 1\n---\n# nothing\n---\n- b\n...\n") == [{"a": 1}, ["b"]]
    assert plain.read_all("") == []


def test_without_libyaml_s_library_ruamel_reads_a_stream():
    # As in images, whose programs bring ruamel alone.
    script = (
        "import sys\nsys.modules['yaml'] = None\nfrom pkgops.formats import yaml\n"
        "print(yaml.parse_all('a: 1\\n---\\nb: 2\\n', 'f'))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("[{'a': 1}, {'b': 2}]\n", "")


@pytest.mark.parametrize("text", [text for text in NOT_PLAIN if "---\nb" not in text])
def test_a_stream_with_one_that_is_rare_or_wrong_is_left_alone(text):
    assert plain.read_all(f"c: 1\n---\n{text}") is None or "%" in text


@given(st.lists(CONTAINERS, max_size=3))
def test_streams_that_ruamel_writes(values):
    assert agrees_on_all(whole.dump_all(values))
