"""Values: classes of named fields, written and typed like dataclasses, but cheap to import.

Making a frozen dataclass takes most of a millisecond, and its module twenty. A command that only reads has
some ninety such classes and rendering templates eighty: as dataclasses they double the processor time until
the first request of ``status`` (0.13 to 0.27 seconds), and add a third to all of ``pkgops ytt``. Here the
constructor is compiled when the first object is made; equality, order and text are written once for all.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar, dataclass_transform

if TYPE_CHECKING:
    from dataclasses import Field

V = TypeVar("V", bound="Value")
_set = object.__setattr__


class _Made:
    """A default that is created for each object."""

    def __init__(self, factory: Callable[[], Any]) -> None:
        self.factory = factory


def made(*, default_factory: Callable[[], Any]) -> Any:
    """Return a default of a field that is created for each object."""
    return _Made(default_factory)


class _DataclassFields:
    """The attribute that ``dataclasses.replace``, ``asdict`` and ``fields`` read, built once a class."""

    def __init__(self) -> None:
        self._built: dict[type[Value], dict[str, Any]] = {}

    def __get__(self, instance: object, owner: type[Value]) -> dict[str, Any]:
        if owner not in self._built:
            self._built[owner] = _dataclass_fields(owner)
        return self._built[owner]


def _dataclass_fields(owner: type[Value]) -> dict[str, Any]:
    import dataclasses

    space: dict[str, Any] = {"__annotations__": dict.fromkeys(owner._names, Any)}
    for name in owner._names:
        default = getattr(owner, name, dataclasses.MISSING)
        if isinstance(default, _Made):
            space[name] = dataclasses.field(default_factory=default.factory)
        elif default is not dataclasses.MISSING:
            space[name] = default
    plain: Any = dataclasses.dataclass(kw_only=True)(type(owner.__name__, (), space))
    fields: dict[str, Any] = plain.__dataclass_fields__
    return fields


@dataclass_transform(frozen_default=True, field_specifiers=(made,))
class Value:
    """Base of such classes: their annotations are the fields, in order, those of a base class first.

    Objects are equal where their class and all their fields are, and sort by their fields. The functions
    of :mod:`dataclasses` take them too. They are frozen, but for those of a ``class X(Value,
    frozen=False)``. With ``kw_only=True`` the constructor takes names only. Where a class has ``set_up``,
    it runs at the end of the constructor.
    """

    _names: ClassVar[tuple[str, ...]] = ()
    _kw_only: ClassVar[bool] = False
    if TYPE_CHECKING:
        __dataclass_fields__: ClassVar[dict[str, Field[Any]]]
    else:
        __dataclass_fields__ = _DataclassFields()

    def __init_subclass__(cls, *, frozen: bool = True, kw_only: bool = False, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._kw_only = cls._kw_only or kw_only
        own = [name for name, kind in cls.__annotations__.items() if not str(kind).startswith("ClassVar")]
        cls._names = (*cls._names, *(name for name in own if name not in cls._names))
        if not frozen:
            cls.__setattr__ = object.__setattr__  # type: ignore[assignment, method-assign]
            cls.__delattr__ = object.__delattr__  # type: ignore[method-assign]
        # One for each class: the compiled constructor of a base class sets too few fields.
        cls.__init__ = _first  # type: ignore[assignment, method-assign]

    def set_up(self) -> None:
        """Complete a new object."""

    def _fields(self) -> tuple[Any, ...]:
        return tuple([getattr(self, name) for name in self._names])

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self._fields() == other._fields()

    def __lt__(self, other: Self) -> bool:
        return self._fields() < other._fields() if type(other) is type(self) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._fields())

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._names)
        return f"{type(self).__name__}({shown})"

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__}.{name} cannot be changed")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__}.{name} cannot be deleted")


def replace(value: V, **changes: Any) -> V:
    """Return a copy with some fields changed.

    Raises:
        TypeError: there is no such field.
    """
    cls, own = type(value), value.__dict__
    if cls.set_up is not Value.set_up or len(own) != len(cls._names) or not changes.keys() <= own.keys():
        # Values set by ``set_up``, or cached besides the fields, are of the old fields; unknown names are
        # refused.
        return cls(**{**{name: getattr(value, name) for name in cls._names}, **changes})
    made = cls.__new__(cls)
    _set(made, "__dict__", {**own, **changes})
    return made


def _first(self: Value, *args: Any, **kwargs: Any) -> None:
    """Construct the first object of a class."""
    cls = type(self)
    cls.__init__ = _constructor(cls)  # type: ignore[method-assign]
    cls.__init__(self, *args, **kwargs)


def _constructor(cls: type[Value]) -> Callable[..., None]:
    """Compile the constructor of a class from the names and defaults of its fields."""
    scope: dict[str, Any] = {"_set": _set}
    signature, items = ["self", "*"] if cls._kw_only and cls._names else ["self"], []
    for name in cls._names:
        item = name
        if hasattr(cls, name):
            default = scope[f"_{name}"] = getattr(cls, name)
            signature.append(f"{name}=_{name}")
            if isinstance(default, _Made):
                item = f"_{name}.factory() if {name} is _{name} else {name}"
        else:
            signature.append(name)
        items.append(f"{name!r}: {item}")
    # This text contains only names of fields of our own classes.
    text = f"def __init__({', '.join(signature)}):\n _set(self, '__dict__', {{{', '.join(items)}}})"
    if cls.set_up is not Value.set_up:
        text += "\n self.set_up()"
    exec(text, scope)  # noqa: S102
    compiled: Callable[..., None] = scope["__init__"]
    return compiled
