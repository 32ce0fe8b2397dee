"""``@ytt:base64``, ``@ytt:json`` and ``@ytt:yaml``."""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import Any

from pkgops.formats.gojson import to_json
from pkgops.ytt.convert import to_host
from pkgops.ytt.modules.support import (
    Args,
    Function,
    Kwargs,
    ModuleContext,
    boolean,
    integer,
    known_names,
    module,
    one,
    text,
)
from pkgops.ytt.starlark.errors import StarlarkError
from pkgops.ytt.tree.convert import to_plain
from pkgops.ytt.tree.nodes import Document, DocumentSet
from pkgops.ytt.tree.output import as_yaml
from pkgops.ytt.tree.reader import ReadError, ReadOptions, read
from pkgops.ytt.values import Module, from_host


def make(name: str, context: ModuleContext) -> dict[str, Any]:
    """Return one of the modules."""
    functions: dict[str, dict[str, Function]] = {
        "base64": {"encode": _base64_encode, "decode": _base64_decode},
        "json": {"encode": _json_encode, "decode": _json_decode},
    }
    return {name: yaml_module()} if name == "yaml" else module(name, functions[name])


def yaml_module() -> Module:
    """Return the value ``yaml`` of ``@ytt:yaml``."""
    functions: dict[str, Function] = {"encode": _yaml_encode, "decode": _yaml_decode}
    found: Module = module("yaml", functions)["yaml"]
    return found


def _yaml_encode(args: Args, kwargs: Kwargs) -> str:
    return encode_yaml(one(args))


def _base64_encode(args: Args, kwargs: Kwargs) -> str:
    data = text(one(args)).encode("utf-8", "surrogateescape")
    url, raw = boolean(kwargs.get("url", False)), boolean(kwargs.get("raw", False))
    encoded = (base64.urlsafe_b64encode(data) if url else base64.b64encode(data)).decode()
    return encoded.rstrip("=") if raw else encoded


def _base64_decode(args: Args, kwargs: Kwargs) -> str:
    given = text(one(args)).replace("\n", "").replace("\r", "")
    url, raw = boolean(kwargs.get("url", False)), boolean(kwargs.get("raw", False))
    if raw and "=" not in given:
        given += "=" * (-len(given) % 4)
    elif raw:
        raise StarlarkError(f"illegal base64 data at input byte {given.index('=')}")
    try:
        decoded = base64.b64decode(given, altchars=b"-_" if url else None, validate=True)
    except (binascii.Error, ValueError):
        raise StarlarkError(f"illegal base64 data at input byte {_bad_base64(given)}") from None
    return decoded.decode("utf-8", "surrogateescape")


def _bad_base64(given: str) -> int:
    for index, char in enumerate(given):
        if not (char.isascii() and (char.isalnum() or char in "+/-_=")):
            return index
    return len(given) - len(given) % 4


def plain(value: Any) -> Any:
    """Return a value of the language as dictionaries, lists and scalars."""
    try:
        return to_plain(to_host(value))
    except ValueError as error:
        raise StarlarkError(str(error)) from None


def indent_of(kwargs: Kwargs) -> int:
    """Return the argument ``indent``, 0 to 8."""
    indent = integer(kwargs.get("indent", 0))
    if not 0 <= indent <= 8:
        raise StarlarkError("indent value must be between 0 and 8")
    return indent


def _json_encode(args: Args, kwargs: Kwargs) -> str:
    value = one(args)
    known_names(kwargs, ("indent", "escape_html"))
    indent, escape_html = indent_of(kwargs), boolean(kwargs.get("escape_html", True))
    try:
        return to_json(plain(value), indent=indent, escape_html=escape_html)
    except ValueError as error:
        raise StarlarkError(str(error)) from None


def _json_decode(args: Args, kwargs: Kwargs) -> Any:
    given = text(one(args))
    try:
        return from_host(sorted_keys(json.loads(given, parse_int=float, parse_constant=_no_constant)))
    except json.JSONDecodeError as error:
        raise StarlarkError(_json_problem(error)) from None
    except (ValueError, RecursionError) as error:
        raise StarlarkError(str(error)) from None


_LITERALS = {"n": "null", "t": "true", "f": "false"}
_JSON_PROBLEMS = {
    "Expecting value": "looking for beginning of value",
    "Expecting property name enclosed in double quotes": "looking for beginning of object key string",
    "Expecting ':' delimiter": "after object key",
    "Extra data": "after top-level value",
    "Invalid control character at": "in string literal",
    "Invalid \\escape": "in string escape code",
}


def _json_problem(error: json.JSONDecodeError) -> str:
    """Return Go's error message for an invalid JSON text."""
    if error.pos >= len(error.doc) or error.msg.startswith("Unterminated string"):
        return "unexpected end of JSON input"
    literal = _LITERALS.get(error.doc[error.pos])
    if error.msg == "Expecting value" and literal:
        return _literal_problem(error.doc[error.pos :], literal)
    what = _JSON_PROBLEMS.get(error.msg, error.msg)
    if error.msg == "Expecting ',' delimiter":
        before = re.sub(r'"(?:[^"\\]|\\.)*"', "", error.doc[: error.pos])
        in_object = before.count("{") > before.count("}") and before.rfind("{") > before.rfind("[")
        what = "after object key:value pair" if in_object else "after array element"
    return f"invalid character '{error.doc[error.pos]}' {what}"


def _literal_problem(found: str, literal: str) -> str:
    index = next(index for index, char in enumerate(literal) if found[index : index + 1] != char)
    if index >= len(found):
        return "unexpected end of JSON input"
    return f"invalid character '{found[index]}' in literal {literal} (expecting '{literal[index]}')"


def _no_constant(name: str) -> Any:
    where = "in numeric literal" if name.startswith("-") else "looking for beginning of value"
    raise ValueError(f"invalid character '{name.lstrip('-')[0]}' {where}")


def sorted_keys(value: Any) -> Any:
    """Return a decoded value with the keys of all dictionaries sorted, as Go returns them.

    Raises:
        StarlarkError: it contains a date or a time.
    """
    if isinstance(value, dict):
        return {key: sorted_keys(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return [sorted_keys(item) for item in value]
    if not isinstance(value, (str, int, float, type(None))):
        raise StarlarkError(f"unable to convert {type(value).__name__} of TOML")
    return value


def encode_yaml(value: Any) -> str:
    """Return a value of the language as YAML; a document set with its markers."""
    given = to_host(value)
    documents = given.items if isinstance(given, DocumentSet) else [Document(given)]
    try:
        return as_yaml(documents)
    except ValueError as error:
        raise StarlarkError(str(error)) from None


def decode_yaml(given: str) -> Any:
    """Return the only document of a YAML text as a value of the language."""
    try:
        documents = read(given, "", ReadOptions(comments=False)).items
    except ReadError as error:
        raise StarlarkError(str(error)) from None
    if len(documents) != 1:
        raise StarlarkError("Expected to find exactly one YAML document")
    return from_host(_plain_document(documents[0]))


def _plain_document(document: Document) -> Any:
    try:
        return to_plain(document.value)
    except ValueError as error:
        raise StarlarkError(str(error)) from None


def _yaml_decode(args: Args, kwargs: Kwargs) -> Any:
    return decode_yaml(text(one(args)))
