"""Whatever the input is, the engine returns text or raises its own error."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pkgops.errors import PkgopsError
from pkgops.ytt import DataValues, InputFile, Options, render
from pkgops.ytt.tree.convert import to_plain
from pkgops.ytt.tree.output import to_yaml
from pkgops.ytt.tree.reader import read

OPTIONS = Options(max_steps=20_000, max_seconds=2.0)
BOUNDED = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False)
    | st.text(max_size=20)
)
# go-yaml writes the key << without quotes, so that it reads back as a merge.
KEYS = st.text(max_size=8).filter(lambda key: key != "<<")
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)
PIECES = st.sampled_from([
    "a", "b1", "data.values", "x", "1", "-2", "1.5", "'s'", '"t"', "[", "]", "(", ")", "{", "}",
    ",", ":", ".",
    " + ", " - ", " * ", " / ", " % ", " == ", " < ", " in ", " not ", " and ", " or ",
    " if ", " else ", " for ",
    "lambda x: ", "len", "str", "range", "end", "def ", "return ", "load", "=", "+=", "|", "&", "~",
    "**", "\\", "#", "'",
    "struct.make", "overlay.apply", "x.append", "None", "True", "\x00", "é", "\n", "!",
])  # fmt: skip
CODE = st.lists(PIECES, max_size=14).map("".join)
LINES = st.one_of(
    CODE.map(lambda code: f"#@ {code}"),
    CODE.map(lambda code: f"k: #@ {code}"),
    CODE.map(lambda code: f"- #@ {code}"),
    CODE.map(lambda code: f"#@overlay/match {code}"),
    CODE.map(lambda code: f"t: (@= {code} @)"),
    st.sampled_from([
        "---", "a: 1", "  b:", "    - c", "- d", "#@ end", "#@ if True:", "#@ for x in [1, 2]:",
        "#@ def f(x):",
        "#@yaml/text-templated-strings", "#@data/values", "#@data/values-schema", "#@schema/nullable",
        "#@overlay/remove", "#! c", "# c", "a: &a [*a]", "<<: {a: 1}", "? [1]", "!!int x", "|", "  >-", "\t",
        '#@ load("@ytt:overlay", "overlay")', '#@ load("@ytt:data", "data")',
        '#@ load("@ytt:struct", "struct")',
        '#@ load("@ytt:template", "template")', "_: #@ template.replace(f(1))", "#@ x = []", "#@ x.append(x)",
        "k: #@ x", "k: #@ str(x)", "k: #@ x == [x]", "k: #@ f(f)", "#@assert/validate min=1",
    ]),
)  # fmt: skip
TEMPLATES = st.lists(LINES, max_size=12).map("\n".join)


def allowed_to_fail(template: str, values: object, kind: str = "yml") -> None:
    try:
        given_values = DataValues(values={"v": values})
        render([InputFile(path=f"a.{kind}", content=template)], given_values, OPTIONS)
    except PkgopsError:
        return


@BOUNDED
@given(TEMPLATES, VALUES)
def test_templates(template: str, values: object) -> None:
    allowed_to_fail(template, values)


@BOUNDED
@given(st.text(max_size=60), VALUES)
def test_any_text_as_yaml(text: str, values: object) -> None:
    allowed_to_fail(text, values)
    allowed_to_fail(f"a: #@ {text}", values)


@BOUNDED
@given(st.lists(st.text(max_size=8) | CODE.map(lambda c: f"(@ {c} @)"), max_size=6).map("".join))
def test_text_templates(text: str) -> None:
    allowed_to_fail(text, None, "txt")
    allowed_to_fail(text, None, "star")


@BOUNDED
@given(VALUES)
def test_values_come_back_as_they_were(value: object) -> None:
    """What is printed reads back as the same value."""
    (document,) = read(to_yaml({"k": value}), "").items
    found = to_plain(document.value)["k"]
    assert found == value or _only_numbers_differ(found, value)


def _only_numbers_differ(found: object, value: object) -> bool:
    """A float without fraction is written, and read, as an integer; beyond 64 bits the other way round."""
    if isinstance(value, list) and isinstance(found, list):
        return len(found) == len(value) and all(
            _only_numbers_differ(a, b) for a, b in zip(found, value, strict=True)
        )
    if isinstance(value, dict) and isinstance(found, dict):
        return found.keys() == value.keys() and all(_only_numbers_differ(found[k], value[k]) for k in value)
    if isinstance(value, int) and isinstance(found, float):
        return float(value) == found
    return found == value
