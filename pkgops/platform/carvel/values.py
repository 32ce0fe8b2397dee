"""Data values of a ytt step: from Secrets, ConfigMaps, fetched files, and the downward API."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pkgops.formats import yaml
from pkgops.platform.carvel import downward
from pkgops.platform.carvel.inputs import YAML, read_path
from pkgops.platform.carvel.secrets import References
from pkgops.platform.carvel.sources import FetchProblem

Files = list[tuple[str, str]]


class ValuesProblem(Exception):
    """A source of values is not valid; the text is kapp-controller's message."""


def value_files(
    sources: list[dict[str, Any]],
    references: References,
    owner: dict[str, Any],
    folder: Path,
    stream: str | None,
) -> Files:
    """Return data values files as (name, text); later ones override earlier ones.

    Raises:
        MissingReference: values come from a Secret or ConfigMap that does not exist.
        ValuesProblem: a source is not valid.
        MissingFile: a path does not exist.
    """
    return [file for source in sources for file in _files(source, references, owner, folder, stream)]


def _files(
    source: dict[str, Any], references: References, owner: dict[str, Any], folder: Path, stream: str | None
) -> Files:
    if source.get("secretRef") is not None:
        return _texts(references.secret(str(source["secretRef"].get("name") or "")))
    if source.get("configMapRef") is not None:
        return _texts(references.config_map(str(source["configMapRef"].get("name") or "")))
    if source.get("path"):
        try:
            return read_path(str(source["path"]), folder, stream, YAML)
        except FetchProblem as error:
            raise ValuesProblem(str(error).removeprefix("Checking path: ")) from error
    if source.get("downwardAPI") is None:
        raise ValuesProblem("Expected one of secretRef, configMapRef, downwardAPI, or path as a source")
    try:
        values = downward.values(source["downwardAPI"].get("items") or [], owner)
    except downward.BadItem as error:
        raise ValuesProblem(str(error)) from error
    return [(f"downwardapi_{index}.yaml", yaml.dump_all([value])) for index, value in enumerate(values)]


def _texts(data: dict[str, bytes]) -> Files:
    return [(name, content.decode()) for name, content in sorted(data.items())]
