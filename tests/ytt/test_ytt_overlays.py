"""Overlays across files."""

from __future__ import annotations

import pytest

from pkgops.ytt import InputFile, YttError, render

BASE = InputFile(
    path="a.yml",
    content="kind: A\nspec:\n  list:\n  - name: one\n    count: 1\n  - name: two\n    count: 2\n"
    "---\nkind: B\n",
)


def overlaid(text: str) -> str:
    load = '#@ load("@ytt:overlay", "overlay")\n'
    return render([BASE, InputFile(path="o.yml", content=load + text)])


def test_merge_by_key_of_array_items() -> None:
    text = '#@overlay/match by=overlay.subset({"kind": "A"})\n---\nspec:\n  list:\n'
    text += '  #@overlay/match by="name"\n  - name: two\n    count: 3\n'
    assert "  - name: two\n    count: 3\n---\nkind: B\n" in overlaid(text)


def test_remove_insert_append_replace() -> None:
    text = """#@overlay/match by=overlay.subset({"kind": "A"})
---
spec:
  list:
  #@overlay/match by=overlay.index(0)
  #@overlay/remove
  -
  #@overlay/match by=lambda i, left, right: left["name"] == "two"
  #@overlay/insert before=True, after=True
  - name: z
  #@overlay/append
  - last
  #@overlay/match by=overlay.not_op(overlay.all), missing_ok=True
  #@overlay/replace or_add=True
  - added
#@overlay/match by=overlay.subset({"kind": "B"})
#@overlay/replace via=lambda left, right: {"was": left["kind"], "now": right["x"]}
---
x: 1
"""
    items = "  - name: z\n  - name: two\n    count: 2\n  - name: z\n  - last\n  - added\n"
    expected = f"kind: A\nspec:\n  list:\n{items}"
    assert overlaid(text) == expected + "---\nwas: B\nnow: 1\n"


def test_expectations_and_their_message() -> None:
    text = "#@overlay/match by=overlay.all\n---\nx: 1\n"
    message = (
        r"Overlaying \(in following order: o.yml\): Document on line o.yml:3: "
        r"Expected number of matched nodes to be 1, but was 2 \(lines: a.yml:.*, a.yml:8\)"
    )
    with pytest.raises(YttError, match=message):
        overlaid(text)


def test_missing_key_needs_missing_ok_and_child_defaults_reach_down() -> None:
    match = '#@overlay/match by=overlay.subset({"kind": "B"})\n'
    with pytest.raises(YttError, match=r"Map item \(key 'new'\) on line o.yml:4: Expected number of matched"):
        overlaid(match + "---\nnew: 1\n")
    assert overlaid(match + "#@overlay/match-child-defaults missing_ok=True\n---\nnew: {deep: 1}\n").endswith(
        "kind: B\nnew:\n  deep: 1\n"
    )


def test_when_skips_silently() -> None:
    text = '#@overlay/match by=overlay.subset({"kind": "C"}), when=1\n---\nnew: 1\n'
    assert overlaid(text) == render([BASE])


def test_assert_says_what_differs() -> None:
    text = '#@overlay/match by=overlay.subset({"kind": "B"})\n---\n#@overlay/assert\nkind: C\n'
    with pytest.raises(YttError, match="Expected objects to equal, but did not"):
        overlaid(text)


@pytest.mark.parametrize(
    ("annotation", "message"),
    [
        ("#@overlay/match bye=1", "Unknown 'overlay/match' annotation keyword argument 'bye'"),
        ("#@overlay/match missing_ok=1", "Expected keyword argument 'missing_ok' to be a boolean"),
        (
            "#@overlay/match missing_ok=True, expects=1",
            r"Expected only one of keyword arguments \('missing_ok', 'expects'\)",
        ),
        ("#@overlay/match expects='x'", "to be in format 'i[+]'"),
        ("#@overlay/match by=3", "to be either string .* but was starlark.Int"),
        ("#@overlay/remove\n#@overlay/replace", "Expected to find only one overlay operation"),
        ("#@overlay/append", "only array items can be annotated with @overlay/append"),
    ],
)
def test_malformed_annotations(annotation: str, message: str) -> None:
    with pytest.raises(YttError, match=message):
        overlaid(f'#@overlay/match by=overlay.subset({{"kind": "B"}})\n---\n{annotation}\nkind: C\n')


def test_order_of_files_is_the_order_of_overlays_and_output() -> None:
    load = '#@ load("@ytt:overlay", "overlay")\n#@overlay/match by=overlay.all\n---\n'
    files = [
        InputFile(path="2.yml", content=load + "a: second\n"),
        InputFile(path="1.yml", content="a: first\n"),
        InputFile(path="3.yml", content=load + "a: third\n"),
    ]
    assert render(files) == "a: third\n"


def test_what_one_overlay_puts_in_is_plain_to_the_next() -> None:
    """Values that a function gave become nodes, and no annotation of an overlay is left beside them."""
    text = """#@ def given(left, right):
#@   return {"name": "made", "list": [{"name": "x"}]}
#@ end
#@overlay/match by=overlay.subset({"kind": "B"})
---
#@overlay/match missing_ok=True
spec:
  #@overlay/match missing_ok=True
  more: 1
#@overlay/match by=overlay.subset({"kind": "A"})
---
spec:
  #@overlay/replace via=given
  list:
#@overlay/match by=overlay.subset({"spec": {"list": {"name": "made"}}})
---
spec:
  list:
    list:
    #@overlay/match by="name"
    - name: x
      #@overlay/match missing_ok=True
      count: 1
#@overlay/match by=overlay.subset({"spec": {"more": 1}})
---
spec:
  more: 2
"""
    assert overlaid(text) == (
        "kind: A\nspec:\n  list:\n    name: made\n    list:\n    - name: x\n      count: 1\n"
        "---\nkind: B\nspec:\n  more: 2\n"
    )


def test_one_value_may_be_put_into_several_documents() -> None:
    base = InputFile(path="b.yml", content="kind: A\nspec:\n---\nkind: A\nspec:\n  a: 1\n")
    text = (
        '#@ load("@ytt:overlay", "overlay")\n'
        '#@overlay/match by=overlay.subset({"kind": "A"}),expects=2\n---\n'
        "spec:\n  #@overlay/match missing_ok=True\n  b: 2\n"
    )
    expected = "kind: A\nspec:\n  b: 2\n---\nkind: A\nspec:\n  a: 1\n  b: 2\n"
    assert render([base, InputFile(path="o.yml", content=text)]) == expected
