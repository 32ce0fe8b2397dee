"""Details of the language in which starlark-go, as ytt has it, differs from Python."""

from __future__ import annotations

import base64

import pytest
import yaml

from pkgops.ytt import InputFile, YttError, render, render_text


def evaluate(expression: str) -> str:
    """The text of ``repr(expression)``, or its error after ``ERR``."""
    template = f"""
#@ load("@ytt:assert", "assert")
#@ load("@ytt:base64", "base64")
#@ result, error = assert.try_to(lambda: repr({expression}))
v: #@ base64.encode(result if error == None else "ERR " + error)
"""
    return base64.b64decode(yaml.safe_load(render_text(template, {}))["v"]).decode()


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("-7.5 % 2", "-1.5"),
        ("-7 % 3", "2"),
        ("7.5 // 2", "3"),
        ("float('inf') // 2", "+Inf"),
        ("-5 // float('inf')", "-0"),
        ("float('nan')", "NaN"),
        ("float('-inf')", "-Inf"),
        ("float('1_000')", "1000"),
        ("float('0x1.8p1')", "3"),
        ("float(' 1.5')", 'ERR float: strconv.ParseFloat: parsing " 1.5": invalid syntax'),
        ("float('1e400')", 'ERR float: strconv.ParseFloat: parsing "1e400": value out of range'),
        ("float('+nan')", 'ERR float: strconv.ParseFloat: parsing "+nan": invalid syntax'),
        ("int(float('inf'))", "ERR int: cannot convert float infinity to integer"),
        ("1 << (1 << 40)", "ERR 1099511627776 out of range"),
        ("range(1 << 31)", "ERR range: for parameter 1: 2147483648 out of range"),
        ("[1] * (1 << 40)", "ERR repeat count 1099511627776 too large"),
        ("[] * (1 << 80)", "[]"),
        ("[1][1 << 40]", "ERR list index: 1099511627776 out of range"),
        ("'abc'.replace('a', 'b', 1 << 80)", f"ERR replace: for parameter 3: {1 << 80} out of range"),
        ("1.5 in range(3)", "True"),
        ("'%g' % 123456789.123", '"1.23456789123e+08"'),
        ("'%f' % float('inf')", '"+Inf"'),
        ("'%d' % float('nan')", "ERR %d format requires integer: cannot convert float NaN to integer"),
    ],
)
def test_numbers(expression: str, expected: str) -> None:
    assert evaluate(expression) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("'é'[0]", '"\\xc3"'),
        ("'é'[0] + 'é'[1]", '"é"'),
        ("'aéb'.find('b')", "3"),
        ("'aéb'.startswith('b', 3)", "True"),
        ("'aéb'.endswith('é', 0, 3)", "True"),
        ("'\\xc3\\xa9'", '"é"'),
        ("len('\\xe9')", "1"),
        ("list('é'.elems())", '["\\xc3", "\\xa9"]'),
        ("type('a'.elems()) + type('a'.codepoints())", '"elemscodepoints"'),
        ("len('a'.elems())", "ERR len: value of type elems has no len"),
        ("chr(0xd800)", '"�"'),
        ("chr(0x200b) + chr(0xa0)", '"\\u200b\\u00a0"'),
        ("chr(0x10ffff)", '"\\U0010ffff"'),
        ("hash('😀')", "128512"),
        ("'straße'.upper()", '"STRAßE"'),
        ("'\u0391\u03a3'.lower()", '"\u03b1\u03c3"'),
        ("'İ'.lower()", '"i"'),
        ("'ﬁx'.title()", '"ﬁX"'),
        ("'²'.isdigit()", "False"),
        ("'half½'.isalnum()", "False"),
        ("'ª'.islower()", "False"),
        ("'\\x1ca\\x1c'.strip()", '"\\x1ca\\x1c"'),
        ("'a\\x1cb c'.split()", '["a\\x1cb", "c"]'),
        ("str('a'.upper)", '"<built-in method upper of string value>"'),
    ],
)
def test_strings_are_bytes_with_go_s_characters(expression: str, expected: str) -> None:
    assert evaluate(expression) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("None < None", "False"),
        ("1 << []", "ERR got list, want int"),
        ("1 not in 2", "ERR unknown binary op: int in int"),
        ("set([1]) | [2]", "ERR unknown binary op: set | list"),
        ("chr(1).codepoints()", '"\\x01".codepoints()'),
        ("None <= None", "True"),
        ("sorted([None, None])", "[None, None]"),
        ("[] in {1: 2}", "False"),
        ("{}.pop([])", "ERR pop: missing key"),
        ("sorted([1], key=5)", 'ERR sorted: for parameter "key": got int, want callable'),
        ("sorted([1], 5)", "ERR sorted: for parameter key: got int, want callable"),
        ("max(1, 2, foo=3)", 'ERR max: unexpected keyword argument "foo"'),
        ("fail(sep=1)", 'ERR fail: for parameter "sep": got int, want string'),
    ],
)
def test_containers_and_arguments(expression: str, expected: str) -> None:
    assert evaluate(expression) == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("1e400", "invalid float literal"),
        ("0xg", "invalid hex literal"),
        ("0o8", "invalid octal literal"),
        ("08", "invalid int literal"),
        ('"\\x4"', "truncated escape sequence \\x4"),
        ("len(1 2)", "got int literal, want ','"),
        ("len(class)", "got illegal token, want primary expression"),
    ],
)
def test_code_that_does_not_parse(code: str, expected: str) -> None:
    with pytest.raises(YttError) as caught:
        render_text(f"a: #@ {code}\n", {})
    assert expected in caught.value.text


def test_defaults_of_loaded_functions_are_frozen() -> None:
    library = "def add(x, to=[]):\n  to.append(x)\n  return to\nend\n"
    template = '#@ load("lib.star", "add")\na: #@ add(1)\n'
    with pytest.raises(YttError) as caught:
        render([InputFile(path="lib.star", content=library), InputFile(path="a.yml", content=template)])
    assert "append: cannot append to frozen list" in caught.value.text


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("#@ x = 0\n#@ while x < 3:\n#@ x += 1\n#@ end\na: #@ x\n", "a: 3\n"),
        ("a: #@ len([1])\n#@ len = 5\nb: #@ len\n", "a: 1\nb: 5\n"),
        ("#@ def f():\n#@   return x\n#@ end\n#@ x = 5\na: #@ f()\n", "a: 5\n"),
    ],
)
def test_names_and_loops(template: str, expected: str) -> None:
    assert render_text(template, {}) == expected


def test_a_name_outside_of_functions_is_undefined_above_its_assignment() -> None:
    with pytest.raises(YttError, match="undefined: x\n"):
        render_text("a: #@ x\n#@ x = 1\n", {})


def test_files_that_load_each_other_are_an_error() -> None:
    files = [
        InputFile(path="a.lib.yml", content='#@ load("b.lib.yml", "b")\n#@ a = 1\n'),
        InputFile(path="b.lib.yml", content='#@ load("a.lib.yml", "a")\n#@ b = 1\n'),
        InputFile(path="c.yml", content='#@ load("a.lib.yml", "a")\nx: #@ a\n'),
    ]
    with pytest.raises(YttError, match=r"cycle in load graph: a\.lib\.yml -> b\.lib\.yml -> a\.lib\.yml"):
        render(files)
