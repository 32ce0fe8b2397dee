"""Functions of the ``@ytt:`` modules where Go and Python differ."""

from __future__ import annotations

import base64

import pytest
import yaml

from pkgops.ytt import render_text

MODULES = ("assert", "base64", "json", "math", "overlay", "regexp", "template", "toml", "url")
LOADS = "".join(f'#@ load("@ytt:{name}", "{name}")\n' for name in MODULES)


def evaluate(expression: str) -> str:
    """The text of an expression, or its error after ``ERR``."""
    template = f"""{LOADS}
#@ result, error = assert.try_to(lambda: str({expression}))
v: #@ base64.encode(result if error == None else "ERR " + error)
"""
    return base64.b64decode(yaml.safe_load(render_text(template, {}))["v"]).decode()


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ('regexp.replace("b*", "abc", "-")', "-a-c-"),
        ('regexp.replace("(?m)^", "a\\nb", ">")', ">a\n>b"),
        ('regexp.replace("(a)", "a", "[$01]")', "[]"),
        (
            'regexp.replace("(?P<é>a)", "a", "[$é]")',
            "ERR regexp.replace: error parsing regexp: invalid named capture: `(?P<é>`",
        ),
        (
            'regexp.match("a{1001}", "a")',
            "ERR regexp.match: error parsing regexp: invalid repeat count: `{1001}`",
        ),
        (
            'regexp.match("(?<=a)b", "ab")',
            "ERR regexp.match: error parsing regexp: invalid named capture: `(?<=a)b`",
        ),
        ('regexp.match("(", "x")', "ERR regexp.match: error parsing regexp: missing closing ): `(`"),
        (
            'regexp.match("(?=x)", "x")',
            "ERR regexp.match: error parsing regexp: invalid or unsupported Perl syntax: `(?=`",
        ),
        (
            "json.decode('nope')",
            "ERR json.decode: invalid character 'o' in literal null (expecting 'u')",
        ),
        ("json.decode('[NaN]')", "ERR json.decode: invalid character 'N' looking for beginning of value"),
        ('toml.encode({"a": 1e21, "b": 1e-7})', "a = 1000000000000000000000.0\nb = 0.0000001\n"),
        ('toml.encode({"a": float("inf")})', "a = +inf\n"),
        ("toml.encode(1)", "ERR toml.encode: toml: top-level values must be Go maps or structs"),
        ("math.log(10, 1)", "+Inf"),
        ('math.ceil(float("inf"))', "ERR ceil: cannot convert float infinity to integer"),
        ('base64.encode("a", url=5)', "ERR base64.encode: expected starlark.Bool, but was starlark.Int"),
        ("overlay.apply(1, 2)", "1"),
        ('type(json) + " " + str(json)', 'module <module "json">'),
    ],
)
def test_functions(expression: str, expected: str) -> None:
    assert evaluate(expression) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("http://h/a b?c d#e f", "http://h/a%20b?c d#e%20f"),
        ("HTTP://H/é", "http://H/%C3%A9"),
        ("http://h/p#", "http://h/p"),
        ("http://h/p?", "http://h/p?"),
        ("http://user:p%40ss@h:80/p", "http://user:p%40ss@h:80/p"),
        ("mailto:x@y", "mailto:x@y"),
        ("http://[::1", "ERR url.parse: parse \"http://[::1\": missing ']' in host"),
        ("http://h:x/", 'ERR url.parse: parse "http://h:x/": invalid port ":x" after host'),
        (
            "1http://h",
            'ERR url.parse: parse "1http://h": first path segment in URL cannot contain colon',
        ),
        ("http://a b/", 'ERR url.parse: parse "http://a b/": invalid character " " in host name'),
    ],
)
def test_addresses(given: str, expected: str) -> None:
    assert evaluate(f'url.parse("{given}").string()') == expected
