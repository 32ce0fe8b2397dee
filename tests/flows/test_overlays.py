"""Any difference of two objects, written as an overlay, is what the engine makes of it."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pkgops import ytt
from pkgops.flows import overlays
from pkgops.formats import yaml

KEYS = st.sampled_from(["a", "b", "name", "kind of", "1", "true", "x.y/z", "#@"])
TEXTS = st.text(alphabet="ab \n#@:-'\"$()|\\é\t", max_size=12)
SCALARS = st.one_of(TEXTS, st.integers(-5, 5), st.booleans(), st.none())
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=4)),
    max_leaves=12,
)


def obj(**content):
    return {"apiVersion": "v1", "kind": "Thing", "metadata": {"name": "one"}, **content}


def applied(before, after):
    text = overlays.document([overlays.overlay(before, after, ["why"])])
    files = [
        ytt.InputFile(
            path="a.yaml", content=yaml.dump_all([before, {**obj(), "metadata": {"name": "other"}}])
        ),
        ytt.InputFile(path="fix.yaml", content=text),
    ]
    return yaml.parse_all(ytt.render(files, ytt.DataValues()), "out")[0], text


def check(before, after):
    if before == after:
        return ""
    made, text = applied(before, after)
    assert made == after, text
    return text


@given(st.dictionaries(KEYS, VALUES, max_size=4), st.dictionaries(KEYS, VALUES, max_size=4))
def test_any_two_objects(before, after):
    check(obj(spec=before), obj(spec=after))


@given(st.dictionaries(KEYS, VALUES, min_size=1, max_size=4), st.data())
def test_an_object_with_one_place_changed(content, data):
    after = copy.deepcopy(content)
    place, key = after, data.draw(st.sampled_from(sorted(after)))
    while isinstance(place[key], dict) and place[key] and data.draw(st.booleans()):
        place, key = place[key], data.draw(st.sampled_from(sorted(place[key])))
    place[key] = data.draw(VALUES)
    check(obj(spec=content), obj(spec=after))


@pytest.mark.parametrize("change", ["deployer", "added"])
def test_items_of_a_list_are_found_by_their_name(change):
    before = obj(spec={"resources": [{"name": "policy", "x": 1}, {"name": "deployer", "from": "a"}]})
    after = copy.deepcopy(before)
    if change == "added":
        after["spec"]["resources"].append({"name": "added", "y": [1, 2]})
    else:
        after["spec"]["resources"][1]["from"] = "b"
    text = check(before, after)
    assert "policy" not in text


def test_only_the_lines_of_a_text_that_change_are_said():
    lines = [f"line {number}\n" for number in range(20)]
    before = obj(data={"script": "".join(lines)})
    after = obj(data={"script": "".join([*lines[:10], "new\n", *lines[11:]])})
    text = check(before, after)
    assert "line 10" in text
    assert "line 12" not in text


def test_the_kind_itself_may_change():
    before = {**obj(spec={"steps": []}), "kind": "ClusterTask", "apiVersion": "tekton.dev/v1beta1"}
    check(before, {**before, "kind": "Task", "apiVersion": "tekton.dev/v1"})
