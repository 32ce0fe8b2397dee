"""File marks: ``--file-mark 'glob:key=value'`` changes the type, path or output of files."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pkgops.values import replace
from pkgops.ytt.errors import YttError
from pkgops.ytt.files import DATA, STARLARK, TEXT, YAML, InputFile

_TYPES = {
    "yaml-template": (YAML, True),
    "yaml-plain": (YAML, False),
    "text-template": (TEXT, True),
    "text-plain": (TEXT, False),
    "starlark": (STARLARK, False),
    "data": (DATA, False),
}


def apply_marks(files: Sequence[InputFile], marks: Sequence[str]) -> list[InputFile]:
    """Return files after applying marks, in the order in which they are given.

    Raises:
        YttError: a mark is malformed or matches nothing.
    """
    current = list(files)
    exclusive: list[str] = []
    for mark in marks:
        pattern, key, value = _parse(mark)
        matched = [file for file in current if pattern.fullmatch(file.original or file.path)]
        if not matched:
            raise YttError(f"Expected file mark '{mark}' to match at least one file by path, but did not")
        if key == "exclusive-for-output":
            _must_be_true(mark, value)
            exclusive += [file.original or file.path for file in matched]
        elif key == "exclude":
            _must_be_true(mark, value)
            current = [file for file in current if file not in matched]
        else:
            current = [_marked(f, mark, key, value) if f in matched else f for f in current]
    if exclusive:
        return [replace(f, for_output=(f.original or f.path) in exclusive) for f in current]
    return current


def _parse(mark: str) -> tuple[re.Pattern[str], str, str]:
    path, colon, setting = mark.partition(":")
    if not colon:
        raise YttError(f"Expected file mark '{mark}' to be in format path:key=value")
    key, equals, value = setting.partition("=")
    if not equals:
        raise YttError(f"Expected file mark '{mark}' key-value portion to be in format key=value")
    quoted = re.escape(path)
    quoted = quoted.replace(re.escape("**/*"), ".+", 1).replace(re.escape("*"), "[^/]+", 1)
    return re.compile(quoted), key, value


def _must_be_true(mark: str, value: str) -> None:
    if value != "true":
        raise YttError(f"Unknown value in file mark '{mark}'")


def _marked(file: InputFile, mark: str, key: str, value: str) -> InputFile:
    if key == "path":
        return replace(file, path=value, original=file.original or file.path)
    if key == "for-output":
        _must_be_true(mark, value)
        return replace(file, for_output=True)
    if key != "type":
        raise YttError(f"Unknown key in file mark '{mark}'")
    if value not in _TYPES:
        raise YttError(f"Unknown value in file mark '{mark}'")
    kind, template = _TYPES[value]
    return replace(file, type=kind, template=template)
