"""Reading and printing YAML as go-yaml version 2 does."""

from __future__ import annotations

import pytest

from pkgops.ytt import InputFile, Options, YttError, render
from pkgops.ytt.tree.output import to_yaml
from pkgops.ytt.tree.reader import ReadError, ReadOptions, read


def printed(text: str) -> str:
    return render([InputFile(path="a.yml", content=text)])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", True), ("off", False), ("~", None), ("0x1F", 31), ("0o7", 7), ("010", 8), ("1_000", 1000),
        ("1e3", 1000.0), (".5", 0.5), ("0b11", 3), ("2020-01-01", "2020-01-01"), ("1.2.3", "1.2.3"),
        ("'1'", "1"), ("!!str 1", "1"), ("!!float 1", 1.0), ("+1", 1), ("-", "-"), ("=", "="),
    ],
)  # fmt: skip
def test_scalars(text: str, value: object) -> None:
    (document,) = read(f"- {text}\n" if text != "-" else "- '-'\n", "a.yml").items
    found = document.value.items[0].value
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("plain text", "plain text\n"),
        ("1", '"1"\n'),
        ("yes", '"yes"\n'),
        ("", '""\n'),
        (" lead", "' lead'\n"),
        ("a: b", "'a: b'\n"),
        ("it's", "it's\n"),
        ("'q'", "'''q'''\n"),
        ("a\tb", '"a\\tb"\n'),
        ("two\nlines", "|-\n  two\n  lines\n"),
        ("ends\n", "|\n  ends\n"),
        ("kept\n\n", "|+\n  kept\n\n"),
        ("# no comment", "'# no comment'\n"),
        ("\U0001f600", '"\\U0001F600"\n'),
        (1234567.5, "1.2345675e+06\n"),
        (100000.0, "100000\n"),
        (0.00001, "1e-05\n"),
        ([], "[]\n"),
        ({"a": {}, "b": [[1, [2]], {"c": None}]}, "a: {}\nb:\n- - 1\n  - - 2\n- c: null\n"),
    ],
)
def test_printing(value: object, expected: str) -> None:
    assert to_yaml(value) == expected


def test_printed_values_read_back() -> None:
    values = [
        "",
        " ",
        "a ",
        "\n",
        "\n\n",
        "- a",
        "-",
        "?",
        "a #b",
        "0",
        "1e3",
        "null",
        "é\u2028",
        "{",
        "@x",
        "a\r\nb",
    ]
    text = to_yaml(values)
    assert [item.value for item in read(text, "").items[0].value.items] == values


def test_plain_yaml_keeps_comments_that_are_not_ytts() -> None:
    assert printed("# a comment\na: 1 # another\n---\n---\nb: 2\n") == "a: 1\n---\nb: 2\n"


def test_one_directive_makes_plain_comments_an_error() -> None:
    with pytest.raises(YttError, match="use '#@' for annotations or code, '#!' for comments"):
        printed("# a comment\na: #@ 1\n")


def test_unknown_comments_can_be_ignored() -> None:
    options = Options(ignore_unknown_comments=True)
    assert render([InputFile(path="a.yml", content="# a comment\na: #@ 1\n")], options=options) == "a: 1\n"


def test_hashes_within_scalars_are_no_comments() -> None:
    text = "a: |\n  # text\n  #@ text\nb: 'x #@ y'\nc: \"#@ z\"\n"
    text += "d: p#q\ne: >-\n  folded\n  #@ too\nf: #@ 1 + 1\n"
    expected = "a: |\n  # text\n  #@ text\nb: 'x #@ y'\nc: '#@ z'\nd: p#q\ne: 'folded #@ too'\nf: 2\n"
    assert printed(text) == expected


def test_comment_after_the_header_of_a_block() -> None:
    assert printed("#@ x = 1\n#@ if/end x == 2:\na: | #! note\n  text\nb: 1\n") == "b: 1\n"


def test_anchors_and_merge_keys() -> None:
    assert printed("a: &x {k: 1}\nb: *x\nc:\n  <<: *x\n  l: 2\n") == (
        "a:\n  k: 1\nb:\n  k: 1\nc:\n  k: 1\n  l: 2\n"
    )


def test_later_keys_win_in_plain_yaml_only() -> None:
    assert printed("a: 1\nb: 2\na: 3\n") == "a: 3\nb: 2\n"
    with pytest.raises(YttError, match="expected key 'a' to not be specified again"):
        printed("a: 1\nb: #@ 2\na: 3\n")


def test_billion_laughs_is_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    with pytest.raises(ReadError, match="excessive aliasing"):
        read("\n".join(lines), "a.yml")


@pytest.mark.parametrize("text", ["a: [", "a: b: c", "\ta: 1", "a: *missing", "a: 'x", "@a: 1", "\x00"])
def test_malformed_yaml_is_an_error_with_a_line(text: str) -> None:
    with pytest.raises(YttError, match=r"Unmarshaling YAML template 'a\.yml': yaml: "):
        printed(text)


def test_strict_refuses_what_could_mean_two_things() -> None:
    with pytest.raises(ReadError, match="Found 'yes' ambigious"):
        read("a: yes\n", "a.yml", ReadOptions(strict=True))


def test_text_templated_strings_in_keys_and_values() -> None:
    template = (
        "#@yaml/text-templated-strings\n---\n(@= 'k' @): 'a(@ if True: @)b(@ end @)c'\nd: |\n  x (@- '' -@)\n"
    )
    assert printed(template) == "k: abc\nd: x\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1e400\n", "a: 1e400\n"),
        ('a: "1e400"\n', "a: 1e400\n"),
        ("a: ! 5\n", 'a: "5"\n'),
        ("a: !!binary /////w==\n", "a: !!binary /////w==\n"),
        ('a: #@ "\\xff" * 56\n', "a: !!binary |\n  " + "/" * 70 + "\n  ////8=\n"),
        ("b: &b {x: 1}\na:\n  <<: *b\n  z: 2\n", "b:\n  x: 1\na:\n  x: 1\n  z: 2\n"),
    ],
)
def test_scalars_at_the_edges(text: str, expected: str) -> None:
    assert printed(text) == expected


def test_a_sequence_of_maps_is_not_merged_as_in_the_program() -> None:
    with pytest.raises(YttError, match="map merge requires map or sequence of maps as the value"):
        printed("x:\n  <<: [{a: 1}]\n")


def test_a_comment_after_the_header_of_a_block_belongs_to_no_node() -> None:
    assert printed('a: | #@ "computed"\n  text\nb: > # plain\n  more\n') == "a: |\n  text\nb: |\n  more\n"
