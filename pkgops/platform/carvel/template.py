"""Templating: ytt and kbld, one after the other, the output of one being the input of the next."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pkgops.errors import PkgopsError
from pkgops.formats import yaml
from pkgops.oci import ANONYMOUS, RegistryClient
from pkgops.oci.kbld import read_config, resolve
from pkgops.oci.kbld.resolve import dump
from pkgops.platform.carvel.fetch import inline_files
from pkgops.platform.carvel.outcome import Outcome, failed, tool_failed
from pkgops.platform.carvel.secrets import MissingReference, References
from pkgops.platform.carvel.sources import FetchProblem, scoped
from pkgops.ytt import DataValues, InputFile, Options, YttError, render
from pkgops.ytt.marks import apply_marks

STEP = "Templating dir"
STDIN = "-"
_NOT_HERE = ("helmTemplate", "cue", "sops")
_YAML = (".yml", ".yaml", ".json")


class MissingFile(Exception):
    """A path that is not there, in the words of the tool that gets it."""


@dataclass(frozen=True, slots=True)
class Templater:
    """Runs the templating steps of one App.

    Attributes:
        references: the Secrets and ConfigMaps of its namespace.
        owner: the App's metadata, for values of the downward API.
    """

    references: References
    owner: dict[str, Any]

    def run(self, steps: list[dict[str, Any]], folder: Path) -> Outcome:
        """Run all steps over a folder; the outcome's output are the resources."""
        if not steps:
            return failed("Expected at least one template option")
        result = Outcome()
        for index, step in enumerate(steps):
            result = self._guarded(step, folder, result.stdout if index else None)
            if result.error:
                break
        return result

    def _guarded(self, step: dict[str, Any], folder: Path, stream: str | None) -> Outcome:
        try:
            if step.get("ytt") is not None:
                return self.ytt(step["ytt"], folder, stream)
            if step.get("kbld") is not None:
                return kbld(step["kbld"], folder, stream)
        except MissingReference as error:
            return failed(f"Preparing template values: {error}")
        except FetchProblem as error:
            return failed(str(error))
        unknown = next((key for key in _NOT_HERE if key in step), "")
        detail = f" ({unknown} is not available on the local platform)" if unknown else ""
        return failed(f"Unsupported way to template{detail}")

    def ytt(self, spec: dict[str, Any], folder: Path, stream: str | None) -> Outcome:
        """Render files with ytt.

        Raises:
            MissingReference: values come from a Secret or ConfigMap that is not there.
            FetchProblem: a path leads out of the folder.
        """
        try:
            given = read_paths(spec.get("paths") or [], folder, stream)
            if spec.get("inline") is not None:
                inline = inline_files(spec["inline"], self.references)
                given += [(name, content.decode()) for name, content in sorted(inline.items())]
            found = self._values(spec, folder, stream)
        except MissingFile as error:
            return tool_failed(STEP, f"ytt: Error: {error}\n")
        values = [("", InputFile(path=name, content=text)) for name, text in found]
        options = Options(
            ignore_unknown_comments=bool(spec.get("ignoreUnknownComments")), strict=bool(spec.get("strict"))
        )
        try:
            files = apply_marks(
                [InputFile(path=path, content=file) for path, file in given], spec.get("fileMarks") or []
            )
            text = render(files, DataValues(files=values), options)
        except PkgopsError as error:
            return tool_failed(STEP, f"ytt: Error: {_explained(error)}\n")
        return Outcome(stdout=text)

    def _values(self, spec: dict[str, Any], folder: Path, stream: str | None) -> list[tuple[str, str]]:
        """Return data values files, the later ones being stronger."""
        files: list[tuple[str, str]] = []
        for source in spec.get("valuesFrom") or []:
            if source.get("path"):
                files += _values_path(str(source["path"]), folder, stream)
            else:
                files += self._referenced_values(source)
        return files

    def _referenced_values(self, source: dict[str, Any]) -> list[tuple[str, str]]:
        if source.get("downwardAPI"):
            return [("downwardapi.yaml", yaml.dump_all([_downward(source["downwardAPI"], self.owner)]))]
        kind = "secretRef" if source.get("secretRef") else "configMapRef"
        name = str((source.get(kind) or {}).get("name"))
        data = self.references.secret(name) if kind == "secretRef" else self.references.config_map(name)
        return [(key, content.decode()) for key, content in sorted(data.items())]


def _values_path(path: str, folder: Path, stream: str | None) -> list[tuple[str, str]]:
    """Return the data values files that a path within what was fetched names."""
    try:
        return _read_path(path, folder, stream, _YAML)
    except MissingFile as error:
        raise MissingFile(f"Extracting data value from file: Find files '{path}': {error}") from error
    except FetchProblem as error:
        text = str(error).removeprefix("Checking path: ")
        raise FetchProblem(f"Preparing template values: {text}") from error


def kbld(spec: dict[str, Any], folder: Path, stream: str | None) -> Outcome:
    """Resolve the images of documents to digests; a bundle's lock makes lookups needless.

    Raises:
        FetchProblem: a path leads out of the folder.
    """
    lines: list[str] = []
    try:
        texts = read_paths(spec.get("paths") or [], folder, stream, suffixes=_YAML)
        documents = [doc for name, text in texts for doc in yaml.parse_all(text, name)]
        config, resources = read_config(documents)
        resolved = resolve(resources, config, RegistryClient(ANONYMOUS), say=lines.append)
    except MissingFile as error:
        return tool_failed(STEP, f"kbld: Error: {error}\n")
    except PkgopsError as error:
        told = "".join(f"{line}\n" for line in lines)
        return tool_failed(STEP, f"{told}kbld: Error: {_explained(error)}\n")
    return Outcome(stdout=dump(resolved.documents), stderr="".join(f"{line}\n" for line in lines))


def read_paths(
    paths: list[str], folder: Path, stream: str | None, suffixes: tuple[str, ...] = ()
) -> list[tuple[str, str]]:
    """Return (name, text) of the files that ``paths`` name; ``-`` is the stream.

    Without paths it is the stream, or else the whole folder.

    Raises:
        FetchProblem: a path leads out of the folder, or there is no stream.
        MissingFile: a path is not there.
    """
    if not paths:
        paths = [STDIN] if stream is not None else ["."]
    return [file for path in paths for file in _read_path(path, folder, stream, suffixes)]


def _read_path(
    path: str, folder: Path, stream: str | None, suffixes: tuple[str, ...]
) -> list[tuple[str, str]]:
    if path == STDIN:
        if stream is None:
            raise FetchProblem("Expected stdin to be available when using it as path, but was not")
        return [("stdin.yml", stream)]
    root = scoped(folder, path)
    if root.is_file():
        return [(root.name, root.read_text())]
    if not root.is_dir():
        # Without the folder, which is another one each time: the status would change with each look.
        raise MissingFile(f"Checking file '{path}': lstat {path}: no such file or directory")
    files = sorted(file for file in root.rglob("*") if file.is_file())
    kept = [file for file in files if not suffixes or file.suffix in suffixes]
    return [(str(file.relative_to(root)), file.read_text(errors="surrogateescape")) for file in kept]


def _downward(spec: dict[str, Any], owner: dict[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for item in spec.get("items") or []:
        place = str(item.get("fieldPath") or "")
        value: Any = {"metadata": owner}
        for part in place.split("."):
            value = value.get(part, "") if isinstance(value, dict) else ""
        values[str(item.get("name"))] = value
    return values


def _explained(error: PkgopsError) -> str:
    if isinstance(error, YttError):
        return error.text
    return f"{error.what}\n{error.why}" if error.why else error.what
