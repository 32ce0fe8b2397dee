import pytest

from pkgops.platform.carto.params import merge

VALUE, DEFAULT = "value", "default"


@pytest.mark.parametrize(
    ("blueprint", "resource", "owner", "expected"),
    [
        (None, None, "owner", "owner"),
        (None, None, None, "template"),
        (DEFAULT, None, "owner", "owner"),
        (DEFAULT, None, None, "blueprint"),
        (VALUE, None, "owner", "blueprint"),
        (VALUE, None, None, "blueprint"),
        (VALUE, DEFAULT, "owner", "owner"),
        (DEFAULT, DEFAULT, None, "resource"),
        (VALUE, DEFAULT, None, "resource"),
        (DEFAULT, VALUE, "owner", "resource"),
        (VALUE, VALUE, "owner", "resource"),
        (None, VALUE, "owner", "resource"),
    ],
)
def test_precedence(blueprint: str | None, resource: str | None, owner: str | None, expected: str) -> None:
    levels = [
        [{"name": "p", "default": "template"}],
        [{"name": "p", blueprint: "blueprint"}] if blueprint else [],
        [{"name": "p", resource: "resource"}] if resource else [],
        [{"name": "p", "value": owner}] if owner else [],
    ]
    assert merge(*levels) == {"p": expected}


@pytest.mark.parametrize("value", [5, 1.5, True, None, "s", [1, {"a": []}], {"a": {"b": None}}])
def test_values_of_every_type_are_kept(value: object) -> None:
    assert merge([], [], [], [{"name": "p", "value": value}]) == {"p": value}


def test_names_of_all_levels_are_there() -> None:
    found = merge(
        [{"name": "a", "default": 1}],
        [{"name": "b", "value": 2}],
        [{"name": "c", "default": 3}],
        [{"name": "undeclared", "value": 4}],
    )
    assert found == {"a": 1, "b": 2, "c": 3, "undeclared": 4}
