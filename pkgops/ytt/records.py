"""Classes of named values, written and typed like dataclasses, but cheap to import.

Creating a dataclass takes most of a millisecond, and the engine has some 80: too much for a command that
renders in a few milliseconds. Here a constructor is compiled when the first object is made.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Self, dataclass_transform

_UNSET: Any = object()


class _Field:
    def __init__(self, default_factory: Callable[[], Any], kw_only: bool) -> None:
        self.default_factory = default_factory
        self.kw_only = kw_only


def field(*, default_factory: Callable[[], Any], kw_only: bool = False) -> Any:
    """Give a field a default that is made anew for each object."""
    return _Field(default_factory, kw_only)


@dataclass_transform(field_specifiers=(field,))
class Record:
    """Base of such classes: annotations are fields, in order, those of a base class first.

    Objects are equal if all of their fields are. ``class X(Record, frozen=True)`` says that nobody changes
    them, which is left to the type checker. ``set_up`` runs at the end of the constructor.
    """

    _fields: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls, *, frozen: bool = False, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        own = [name for name, kind in cls.__annotations__.items() if not str(kind).startswith("ClassVar")]
        cls._fields = (*cls._fields, *(name for name in own if name not in cls._fields))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        cls = type(self)
        cls.__init__ = _constructor(cls)  # type: ignore[method-assign]
        cls.__init__(self, *args, **kwargs)

    def set_up(self) -> None:
        """Complete a new object."""

    def changed(self, **changes: Any) -> Self:
        """Return a copy with some fields changed."""
        copy = object.__new__(type(self))
        copy.__dict__.update(self.__dict__)
        copy.__dict__.update(changes)
        return copy

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self._fields)

    def __hash__(self) -> int:
        return hash(tuple([getattr(self, name) for name in self._fields]))

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._fields)
        return f"{type(self).__name__}({shown})"


def _constructor(cls: type[Record]) -> Callable[..., None]:
    """Compile the constructor of a class from the names and defaults of its fields."""
    defaults = {name: getattr(cls, name, _UNSET) for name in cls._fields}
    by_name = [name for name, value in defaults.items() if isinstance(value, _Field) and value.kw_only]
    parameters = [name for name in cls._fields if name not in by_name]
    parameters += ["*", *by_name] if by_name else []
    scope: dict[str, Any] = {"_UNSET": _UNSET}
    signature, body = ["self"], []
    for name in parameters:
        default = defaults.get(name, _UNSET)
        if default is _UNSET:
            signature.append(name)
        else:
            scope[f"_{name}"] = _UNSET if isinstance(default, _Field) else default
            signature.append(f"{name}=_{name}")
        if isinstance(default, _Field):
            scope[f"_make_{name}"] = default.default_factory
            body.append(f"self.{name} = _make_{name}() if {name} is _UNSET else {name}")
        elif name != "*":
            body.append(f"self.{name} = {name}")
    if cls.set_up is not Record.set_up:
        body.append("self.set_up()")
    lines = "\n ".join(body or ["pass"])
    # Only names of fields of our own classes stand in this text.
    exec(f"def __init__({', '.join(signature)}):\n {lines}", scope)  # noqa: S102
    made: Callable[..., None] = scope["__init__"]
    return made
