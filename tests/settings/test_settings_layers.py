"""Merging layers: maps by key, everything else as a whole, each leaf with its origin."""

from __future__ import annotations

from pkgops.settings.layers import Layer, Origin, Tree, leaves


def layer(values, place):
    return Layer.of(values, Origin("file", place))


def test_a_higher_layer_wins_key_by_key():
    tree = Tree.merge([layer({"a": {"x": 1, "y": 2}}, "low"), layer({"a": {"y": 3}}, "high")])
    assert tree.values == {"a": {"x": 1, "y": 3}}
    assert (str(tree.origin("a.x")), str(tree.origin("a.y"))) == ("low", "high")


def test_lists_are_replaced_as_a_whole():
    tree = Tree.merge([layer({"a": [1, 2]}, "low"), layer({"a": [3]}, "high")])
    assert tree.values == {"a": [3]}


def test_a_scalar_replaces_a_map_and_its_origins():
    tree = Tree.merge([layer({"a": {"x": 1}}, "low"), layer({"a": "none"}, "high")])
    assert tree.values == {"a": "none"}
    assert list(tree.origins) == [("a",)]


def test_a_map_replaces_a_scalar_and_its_origin():
    tree = Tree.merge([layer({"a": ""}, "low"), layer({"a": {"x": 1}}, "high")])
    assert tree.values == {"a": {"x": 1}}
    assert list(tree.origins) == [("a", "x")]


def test_merging_leaves_the_layers_alone():
    low = {"a": {"x": 1}}
    Tree.merge([layer(low, "low"), layer({"a": {"x": 2}}, "high")])
    assert low == {"a": {"x": 1}}


def test_an_empty_map_is_a_leaf():
    assert list(leaves({"a": {}, "b": {"c": 1}})) == [(("a",), {}), (("b", "c"), 1)]
