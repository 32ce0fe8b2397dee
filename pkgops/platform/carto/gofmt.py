"""How Go prints values (``fmt``, ``encoding/json``, yaml.v3): Cartographer's messages are made of these."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pkgops import goyaml
from pkgops.goyaml import format_double

_HTML = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
_JSON_LARGE = 1e21


def type_name(value: Any) -> str:
    """Return the Go type of a decoded JSON value, as ``%T`` prints it."""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "int64"
    if isinstance(value, float):
        return "float64"
    if isinstance(value, str):
        return "string"
    if isinstance(value, Mapping):
        return "map[string]interface {}"
    return "[]interface {}" if isinstance(value, list) else "<nil>"


def text(value: Any) -> str:
    """Return a value as ``fmt``'s ``%v`` prints it; maps are printed with sorted keys."""
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return format_double(value)
    if isinstance(value, Mapping):
        return "map[" + " ".join(f"{key}:{text(value[key])}" for key in sorted(value)) + "]"
    if isinstance(value, list):
        return "[" + " ".join(text(item) for item in value) + "]"
    return str(value)


def yaml(value: Any) -> str:
    """Return a YAML document as yaml.v3 writes a decoded JSON value, in which every number is a double."""
    return goyaml.dump(goyaml.ordered(_doubles(value), goyaml.V3), goyaml.V3)


def compact_json(value: Any) -> str:
    """Return JSON as ``encoding/json`` writes it: no spaces, sorted keys, ``<>&`` escaped."""
    written = json.dumps(_json_numbers(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    for char, escape in _HTML.items():
        written = written.replace(char, escape)
    return written


def _doubles(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _doubles(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_doubles(item) for item in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _json_numbers(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer() and abs(value) < _JSON_LARGE:
        return int(value)
    if isinstance(value, Mapping):
        return {str(key): _json_numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_json_numbers(item) for item in value]
    return value
