"""The language: values, control flow, functions, and what errors say."""

from __future__ import annotations

import pytest

from pkgops.ytt import Options, YttError, YttLimitError, render_text


def value_of(expression: str) -> str:
    return render_text(f"v: #@ {expression}\n", {}).removeprefix("v: ").rstrip("\n")


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("1 + 2 * 3", "7"),
        ("7 // 2 - 7 % 4", "0"),
        ("7 % 2 == 1", "true"),
        ("1 / 2", "0.5"),
        ("not 1 == 2", "true"),
        ("1 == 1.0", "true"),
        ("1 == True", "false"),
        ("{True: 1, 1: 2}[1]", "2"),
        ("'a' in 'abc' and 'd' not in 'abc'", "true"),
        ("'%s-%d' % ('x', 3)", "x-3"),
        ("'{}{b}'.format(1, b=2)", '"12"'),
        ("'a,b'.split(',')[1:][0]", "b"),
        ("[x * y for x in range(3) for y in [10] if x][1]", "20"),
        ("{k: v for k, v in [('a', 1)]}['a']", "1"),
        ("(lambda x, y=2: x + y)(3)", "5"),
        ("sorted([3, 1, 2], reverse=True)[0]", "3"),
        ("max('a', 'b', key=lambda c: ord(c))", "b"),
        ("len('é')", "2"),
        ("type([]) + type({}) + type(()) + type(None)", "listdicttupleNoneType"),
        ("str(1.5) + str(None) + repr('q')", '1.5None"q"'),
        ("int('0x1f', 16)", "31"),
        ("hash('hello')", "99162322"),
        ("dict([('a', 1)], b=2)['b']", "2"),
        ("set([1, 2]) == set([2, 1])", "true"),
        ("1 << 4 >> 2 ^ 1 & 3", "5"),
    ],
)
def test_expressions(expression: str, expected: str) -> None:
    assert value_of(expression) == expected


def test_control_flow_and_closures() -> None:
    template = """
#@ def collect(n):
#@   out = []
#@   for i in range(n):
#@     if i == 1:
#@       continue
#@     elif i == 4:
#@       break
#@     end
#@     out.append(lambda: i)
#@   end
#@   return [f() for f in out] + [len(out)]
#@ end
v: #@ collect(9)
"""
    assert render_text(template, {}) == "v:\n- 4\n- 4\n- 4\n- 3\n"


def test_recursion_works_and_is_bounded() -> None:
    template = """
#@ def down(n):
#@   return 0 if n == 0 else 1 + down(n - 1)
#@ end
v: #@ down({})
"""
    assert render_text(template.format(100), {}) == "v: 100\n"
    with pytest.raises(YttError, match="nested more than"):
        render_text(template.format(100_000), {})


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("1 + 'a'", "unknown binary op: int [+] string"),
        ("[][0]", "index 0 out of range: empty list"),
        ("{}['a']", 'key "a" not in dict'),
        ("None.x", "NoneType has no .x field or method"),
        ("'a'.uper()", r"string has no .uper field or method \(did you mean .upper\?\)"),
        ("foo", "undefined: foo"),
        ("[1, 2", "got '[)]', want '[]]'"),
        ("1 < 2 < 3", "< does not associate with <"),
        ("len(1, 2)", "len: got 2 arguments, want 1"),
        ("(lambda x: x)()", r"function lambda missing 1 argument \(x\)"),
        ("{'a': 1, 'a': 2}", 'duplicate key: "a"'),
        ("'x' * 100000000", "excessive repeat"),
        ("3()", r"invalid call of non-function \(int\)"),
    ],
)
def test_errors_name_the_line(expression: str, message: str) -> None:
    with pytest.raises(YttError, match=message) as caught:
        render_text(f"first: 1\nv: #@ {expression}\n", {})
    assert "stdin.yml:2 | v: #@ " in caught.value.text


def test_globals_of_another_file_are_frozen() -> None:
    from pkgops.ytt import InputFile, render

    library = InputFile(path="list.star", content="items = [1]\n")
    user = InputFile(path="a.yml", content='#@ load("list.star", "items")\n#@ items.append(2)\na: #@ items\n')
    with pytest.raises(YttError, match="append: cannot append to frozen list"):
        render([library, user])


@pytest.mark.parametrize(
    "template",
    [
        "#@ x = [0]\n#@ for i in x:\n#@   x.append(i)\n#@ end\na: 1\n",
        "#@ x = {1: 1}\n#@ for i in x:\n#@   x.clear()\n#@ end\na: 1\n",
    ],
)
def test_collections_do_not_change_while_iterated(template: str) -> None:
    with pytest.raises(YttError, match="during iteration"):
        render_text(template, {})


def test_a_loop_that_does_not_end_is_stopped_by_steps() -> None:
    template = "#@ n = [x for x in range(2000000000)]\na: 1\n"
    with pytest.raises(YttLimitError, match="stopped after 10000 steps"):
        render_text(template, {}, options=Options(max_steps=10_000))


def test_a_loop_that_does_not_end_is_stopped_by_time() -> None:
    template = "#@ for x in range(2000000000):\n#@   y = x\n#@ end\na: 1\n"
    with pytest.raises(YttLimitError, match="took too long"):
        render_text(template, {}, options=Options(max_seconds=0.01))


def test_doubling_strings_is_stopped() -> None:
    template = "#@ s = 'x' * 1000\n#@ for x in range(60):\n#@   s = s + s\n#@ end\na: #@ len(s)\n"
    with pytest.raises(YttError, match="result is too long"):
        render_text(template, {})


@pytest.mark.parametrize("name", ["open", "__import__", "exec", "eval", "globals"])
def test_nothing_of_python_is_reachable(name: str) -> None:
    with pytest.raises(YttError, match=f"undefined: {name}"):
        value_of(f"{name}('x')")


@pytest.mark.parametrize("attribute", ["__class__", "__init__", "items_", "_data", "data"])
def test_no_attribute_of_python_is_reachable(attribute: str) -> None:
    for value in ("[]", "{}", "'a'", "(1)", "(lambda: 1)", "set([])", "range(1)"):
        with pytest.raises(YttError, match="has no"):
            value_of(f"{value}.{attribute}")
