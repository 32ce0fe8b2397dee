"""Where settings come from, lowest first: defaults, (the local cluster,) files, environment, options."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pkgops
from pkgops.errors import UsageError
from pkgops.formats import yaml
from pkgops.formats.yaml.positions import Mark, Positioned
from pkgops.settings import notify, workloads
from pkgops.settings import schema as schemas
from pkgops.settings.discovery import discover
from pkgops.settings.layers import Layer, Origin, leaves
from pkgops.settings.settings import Settings
from pkgops.values import Value, made

PLACES = ("templates", "kubeconfig", "registryPasswordFile")
"""pkgops's own keys that name files; relative to the folder of a discovered configuration."""

ENVIRONMENT_VARIABLES = {
    "PKGOPS_CONTEXT": "pkgops.context",
    "PKGOPS_REGISTRY_USERNAME": "registry.username",
    "PKGOPS_REGISTRY_PASSWORD": "registry.password",
}
"""Environment variables that set a value. ``PKGOPS_CONFIG`` names the configuration file."""


class Overrides(Value):
    """The command line's settings: files, and values by their dotted name with the option's name."""

    files: tuple[Path, ...] = ()
    values: Mapping[str, tuple[Any, str]] = made(default_factory=dict)


def shipped_templates() -> Path:
    """Return the folder of the templates that ship with pkgops."""
    package = Path(pkgops.__file__).parent
    installed = package / "_templates"
    return installed if installed.is_dir() else package.parent / "templates"


def load(
    overrides: Overrides, environ: Mapping[str, str], folder: Path, source: Path | None = None
) -> Settings:
    """Return the settings of one command.

    Args:
        overrides: the command line's settings.
        environ: the process's environment.
        folder: the working folder; where no file is named, its configuration, or that of a folder above it.
        source: the folder of the sources where one is named; searched for a configuration after the other.

    Raises:
        UsageError: a file is missing, malformed, or has an unknown name or a value of another type; or a
            folder has two configurations.
    """
    named = _named_files(overrides, environ)
    files = named or _found(overrides, folder, source)
    documents = [_rooted(_read(path), path, PLACES if not named else ()) for path in files]
    options = _options(overrides)
    own = [folder / path for path in _template_folders([*(doc.value for doc in documents), options.values])]
    schema = schemas.read(own) if own else _shipped_schema()
    for document in documents:
        schema.check(document.value, document.marks)
    layers = [
        Layer.of(schema.defaults, Origin("default")),
        *(_file_layer(document) for document in documents),
        _environment(environ),
        options,
    ]
    settings = Settings(tuple(layers), schema)
    # Validated before any command could show a secret in a wrong place.
    notify.read(settings.tree)
    return settings


def _found(overrides: Overrides, folder: Path, source: Path | None) -> list[Path]:
    # Templates that are named without a configuration may have their own keys.
    known = () if "pkgops.templates" in overrides.values else own_keys()
    found = discover(folder, known) or (discover(source, known) if source else None)
    return [found] if found else []


def own_keys() -> frozenset[str]:
    """Return the top-level keys of a configuration for the shipped templates."""
    return frozenset(_shipped_schema().defaults)


@cache
def _shipped_schema() -> schemas.Schema:
    return schemas.read([shipped_templates()])


def _named_files(overrides: Overrides, environ: Mapping[str, str]) -> list[Path]:
    named = environ.get("PKGOPS_CONFIG")
    return list(overrides.files) or ([Path(named)] if named else [])


def _rooted(document: Positioned, path: Path, names: tuple[str, ...]) -> Positioned:
    """Resolve relative paths in a file: its source, and the keys in ``names``, are relative to the file."""
    own = document.value.get("pkgops")
    if isinstance(own, dict):
        for name in ("source", *names):
            value = own.get(name)
            if isinstance(value, str) and value:
                own[name] = _beside(path, value)
            elif isinstance(value, list):
                own[name] = [_beside(path, item) if isinstance(item, str) else item for item in value]
        entries = own.get("notify")
        for item in entries if names and isinstance(entries, list) else ():
            for name in ("tokenFile", "urlFile"):
                if isinstance(item, dict) and isinstance(item.get(name), str):
                    item[name] = _beside(path, item[name])
    listed = document.value.get(workloads.KEY)
    for item in listed if isinstance(listed, list) else ():
        if isinstance(item, dict) and item.get("source"):
            item["source"] = _beside(path, str(item["source"]))
    return document


def _beside(path: Path, text: str) -> str:
    return str(path.parent / Path(text).expanduser())


def _read(path: Path) -> Positioned:
    name = _short(path)
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(f"{name}: not a text file in UTF-8", slug="config-unreadable") from error
    except OSError as error:
        raise UsageError(
            f"cannot read the configuration {name}",
            why=error.strerror or str(error),
            next="name the file with -f, or copy config.example.yaml to config.yaml",
            slug="config-missing" if isinstance(error, FileNotFoundError) else "config-unreadable",
        ) from error
    document = yaml.parse_positioned(text, name)
    if document.value is None:
        return Positioned({}, {})
    if not isinstance(document.value, dict):
        raise UsageError(
            f"{name}:1:1: the configuration must be a map of keys",
            next="see config.example.yaml",
            slug="config-malformed",
        )
    return document


def _short(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _file_layer(document: Positioned) -> Layer:
    origins = {}
    for path, value in leaves(document.value):
        origins[path] = _origin(document.marks[path])
        if isinstance(value, list):
            below = ((one, mark) for one, mark in document.marks.items() if one[: len(path)] == path)
            origins.update((one, _origin(mark)) for one, mark in below)
    return Layer(document.value, origins)


def _origin(mark: Mark) -> Origin:
    return Origin("file", str(mark))


def _environment(environ: Mapping[str, str]) -> Layer:
    values: dict[str, Any] = {}
    origins: dict[tuple[str, ...], Origin] = {}
    for variable, dotted in ENVIRONMENT_VARIABLES.items():
        if environ.get(variable):
            _put(values, dotted, environ[variable])
            origins[tuple(dotted.split("."))] = Origin("environment", variable)
    return Layer(values, origins)


def _options(overrides: Overrides) -> Layer:
    values: dict[str, Any] = {}
    origins: dict[tuple[str, ...], Origin] = {}
    for dotted, (value, option) in overrides.values.items():
        _put(values, dotted, value)
        origins[tuple(dotted.split("."))] = Origin("option", option)
    return Layer(values, origins)


def _put(values: dict[str, Any], dotted: str, value: Any) -> None:
    *parents, last = dotted.split(".")
    for key in parents:
        values = values.setdefault(key, {})
    values[last] = value


def _template_folders(documents: list[Any]) -> list[str]:
    """Return ``pkgops.templates`` of the last document that sets it, before the schema is known."""
    for values in reversed(documents):
        own = values.get("pkgops")
        folders = own.get("templates") if isinstance(own, Mapping) else None
        if folders:
            return [folders] if isinstance(folders, str) else [str(item) for item in folders]
    return []
