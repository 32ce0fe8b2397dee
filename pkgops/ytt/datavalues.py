"""Data values as they are given from outside, and the documents that they amount to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pkgops.values import Value, made
from pkgops.ytt.envelopes import Envelope, parse_ref
from pkgops.ytt.errors import YttError
from pkgops.ytt.files import YAML, InputFile
from pkgops.ytt.overlay.apply import annotate_plain_merge
from pkgops.ytt.template.metas import has_templating
from pkgops.ytt.tree.base import AnnotationCall
from pkgops.ytt.tree.convert import to_nodes
from pkgops.ytt.tree.nodes import Document, DocumentSet, Map, MapItem
from pkgops.ytt.tree.position import UNKNOWN, Position
from pkgops.ytt.tree.reader import ReadError, ReadOptions, read

Pairs = Sequence[tuple[str, str]]


class DataValues(Value, kw_only=True):
    """Data values from outside, weakest first.

    Attributes:
        values: plain values by key at the root; each replaces what was there, whatever it was.
        files: plain YAML files that are merged, with a library reference (or an empty string) each.
        env_strings, env_yaml: prefixes of variables of ``environment``.
        environment: variables, as in ``os.environ``.
        strings: keys like ``a.b`` with a text.
        yaml: keys with a text that is parsed as YAML.
        contents: keys with the content of a file, and its path.
    """

    values: Mapping[str, Any] = made(default_factory=dict)
    files: Sequence[tuple[str, InputFile]] = ()
    env_strings: Sequence[str] = ()
    env_yaml: Sequence[str] = ()
    environment: Mapping[str, str] = made(default_factory=dict)
    strings: Pairs = ()
    yaml: Pairs = ()
    contents: Sequence[tuple[str, str, str]] = ()


def overlays(values: DataValues, *, strict: bool) -> tuple[list[Envelope], list[Envelope]]:
    """Return documents for data values, in the order in which they are merged.

    Returns:
        Those for the files being rendered, and those for libraries that they use.

    Raises:
        YttError: a value or file is malformed.
    """
    envelopes = [Envelope(document=_plain(values.values), reference=())] if values.values else []
    for reference, file in values.files:
        envelopes += _prefixed(
            "Extracting data value from file", lambda r=reference, f=file: _file(r, f, strict)
        )
    for prefixes, name in (
        (values.env_strings, "data-values-env"),
        (values.env_yaml, "data-values-env-yaml"),
    ):
        for prefix in prefixes:
            what = f"Extracting data values from env under prefix '{prefix}'"
            envelopes += _prefixed(what, lambda p=prefix, n=name: _environment(values, p, n, strict))
    for pairs, name in ((values.strings, "data-value"), (values.yaml, "data-value-yaml")):
        for key, text in pairs:
            what = "Extracting data value from KV"
            envelopes += _prefixed(what, lambda k=key, t=text, n=name: [_pair(k, t, n, strict)])
    for key, content, path in values.contents:
        what = "Extracting data value from file"
        envelopes += _prefixed(what, lambda k=key, c=content, p=path: [_content(k, c, p)])
    own = [envelope for envelope in envelopes if not envelope.reference]
    return own, [envelope for envelope in envelopes if envelope.reference]


def _prefixed(what: str, make: Any) -> list[Envelope]:
    try:
        envelopes: list[Envelope] = make()
    except YttError as error:
        raise YttError(f"{what}: {error.text}") from None
    return envelopes


def _plain(values: Mapping[str, Any]) -> Document:
    """One document for all: each further one would be merged over everything before it."""
    documents = [
        _document([key], value, Position("(data-value-yaml arg)", 1, key)) for key, value in values.items()
    ]
    documents[0].value.items = [item for document in documents for item in document.value.items]
    return documents[0]


def _file(reference: str, file: InputFile, strict: bool) -> list[Envelope]:
    if file.implied and file.kind() != YAML:
        return []
    try:
        documents = read(file.text(), file.path, ReadOptions(strict=strict))
    except ReadError as error:
        raise YttError(f"Unmarshaling YAML data values file '{file.path}': {error}") from None
    envelopes = []
    for document in documents.items:
        if document.value is None:
            continue
        if has_templating(document):
            hint = "(hint: remove comments starting with `#@`)"
            what = f"Expected to be plain YAML, having no annotations {hint}"
            raise YttError(f"Checking data values file '{file.original or file.path}': {what}")
        annotate_plain_merge(document)
        envelopes.append(Envelope(document=document, reference=parse_ref(reference) if reference else ()))
    return envelopes


def split_reference(argument: str) -> tuple[str, str]:
    """Split ``@library:rest`` into the reference, empty if there is none, and the rest."""
    reference, colon, rest = argument.partition(":")
    if not argument.startswith("@") or not colon:
        return "", argument
    if reference == "@":
        raise YttError("Expected library ref to not be empty")
    return reference, rest


def _reference_and_key(argument: str) -> tuple[str, str]:
    reference, key = split_reference(argument)
    if ":" in key:
        raise YttError(f"Expected at most one library-key separator ':' in '{key}'")
    return reference, key


def _environment(values: DataValues, given: str, name: str, strict: bool) -> list[Envelope]:
    reference, prefix = _reference_and_key(given)
    envelopes = []
    for variable, text in values.environment.items():
        if not variable.startswith(prefix + "_"):
            continue
        value = _transformed(text, name, strict, f"Extracting data value from env variable '{variable}'")
        keys = variable.removeprefix(prefix + "_").split("__")
        position = Position(f"({name} arg) {prefix}", 1, f"{variable}={text}")
        document = _document(keys, value, position)
        envelopes.append(Envelope(document=document, reference=parse_ref(reference) if reference else ()))
    return envelopes


def _transformed(text: str, name: str, strict: bool, what: str) -> Any:
    if not name.endswith("-yaml"):
        return text
    try:
        return read(text, "", ReadOptions(strict=strict)).items[0].value
    except ReadError as error:
        raise YttError(f"{what}: Deserializing YAML value: {error}") from None


def _pair(key: str, text: str, name: str, strict: bool) -> Envelope:
    value = _transformed(text, name, strict, f"Deserializing value for key '{key}'")
    reference, path = _reference_and_key(key)
    position = Position(f"({name} arg)", 1, f"{key}={text}")
    document = _document(path.split("."), value, position)
    return Envelope(document=document, reference=parse_ref(reference) if reference else ())


def _content(given: str, content: str, path: str) -> Envelope:
    reference, key = _reference_and_key(given)
    position = Position(f"(data-value-file arg) {key}={path}", 1, content)
    document = _document(key.split("."), content, position)
    return Envelope(document=document, reference=parse_ref(reference) if reference else ())


def _document(keys: list[str], value: Any, position: Position) -> Document:
    root = Map()
    current = root
    for key in keys:
        item = MapItem(key, Map(), position)
        item.annotations = {"overlay/match": AnnotationCall((), {"missing_ok": True}, UNKNOWN)}
        current.items.append(item)
        current = item.value
    item.value = to_nodes(value)
    item.annotations["overlay/replace"] = AnnotationCall((), {"or_add": True}, UNKNOWN)
    return Document(root, position)


__all__ = ["DataValues", "DocumentSet", "overlays", "split_reference"]
