"""Frozen values: made, compared, copied and shown like dataclasses, whose functions take them too."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from functools import cached_property

import pytest

from pkgops.values import Value, made, replace


class Point(Value):
    """A point; ``tags`` are made anew for each."""

    x: int
    y: int = 2
    tags: list[str] = made(default_factory=list)

    @property
    def sum(self) -> int:
        return self.x + self.y


class Named(Point):
    name: str = ""


def test_fields_are_given_by_place_or_name_and_have_defaults():
    assert (Point(1).x, Point(1).y, Point(1, y=5).sum) == (1, 2, 6)
    assert Named(1, 2, [], "p").name == "p"


@pytest.mark.parametrize("call", [lambda: Point(), lambda: Point(1, z=2), lambda: Point(1, 2, [], 4)])
def test_wrong_arguments_are_refused(call):
    with pytest.raises(TypeError):
        call()


def test_a_default_that_can_change_is_not_shared():
    one = Point(1)
    one.tags.append("a")
    assert Point(1).tags == []


def test_values_are_equal_by_class_and_fields():
    assert Point(1) == Point(1)
    assert Point(1) != Point(2)
    assert Point(1) != Named(1)


def test_values_sort_and_hash_by_their_fields():
    assert sorted([Point(2), Point(1, 3), Point(1)]) == [Point(1), Point(1, 3), Point(2)]
    assert len({Point(1, 2, ()), Point(1, 2, ()), Point(3, 2, ())}) == 2


def test_nothing_can_be_changed_or_deleted():
    point = Point(1)
    with pytest.raises(AttributeError, match=r"Point\.x cannot be changed"):
        point.x = 2
    with pytest.raises(AttributeError, match=r"Point\.y cannot be deleted"):
        del point.y


def test_copies():
    point = Point(1, tags=["a"])
    assert replace(point, y=9) == Point(1, 9, ["a"])
    assert copy.deepcopy(point) == point
    assert pickle.loads(pickle.dumps(point)) == point


def test_a_copy_takes_the_fields_alone_and_refuses_other_names():
    class Remembering(Value):
        count: int

        @cached_property
        def half(self):
            return self.count / 2

    first = Remembering(3)
    assert (first.half, replace(first, count=4).half) == (1.5, 2)
    for value in (Point(1), first, Counter(3)):
        with pytest.raises(TypeError, match="other"):
            replace(value, other=1)


def test_the_functions_of_dataclasses_take_them():
    point = Named(1, tags=["a"], name="p")
    assert dataclasses.asdict(point) == {"x": 1, "y": 2, "tags": ["a"], "name": "p"}
    assert [field.name for field in dataclasses.fields(Point)] == ["x", "y", "tags"]
    assert dataclasses.replace(point, x=5) == Named(5, 2, ["a"], "p")


def test_a_value_shows_its_fields():
    assert repr(Point(1)) == "Point(x=1, y=2, tags=[])"


def test_a_class_may_take_names_only():
    class Named(Value, kw_only=True):
        first: int
        second: int = 2

    class Further(Named):
        third: int = 3

    assert Named(first=1) == Named(first=1, second=2)
    assert replace(Further(first=1), third=4) == Further(first=1, third=4)
    for cls in (Named, Further):
        with pytest.raises(TypeError, match="positional"):
            cls(1)


class Counter(Value, frozen=False):
    """A value that changes; ``half`` is worked out when one is made."""

    count: int
    half: float = 0

    def set_up(self) -> None:
        self.half = self.count / 2


def test_a_class_may_allow_changes():
    counter = Counter(3)
    counter.count = 5
    del counter.half
    assert (counter.count, counter.half) == (5, 0)


def test_a_new_object_is_completed_also_as_a_copy():
    assert (Counter(3).half, replace(Counter(3), count=4).half) == (1.5, 2)
