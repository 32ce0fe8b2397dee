"""Templating with ytt and kbld: the output of each step is the input of the next."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pkgops.errors import PkgopsError
from pkgops.oci import ANONYMOUS, RegistryClient
from pkgops.oci.kbld import read_config, resolve
from pkgops.oci.kbld.documents import STDIN, described, documents
from pkgops.oci.kbld.resolve import dump
from pkgops.platform.carvel.fetch import inline_files
from pkgops.platform.carvel.inputs import STREAM, YAML, MissingFile, read_paths
from pkgops.platform.carvel.outcome import Outcome, failed, tool_failed
from pkgops.platform.carvel.secrets import MissingReference, References
from pkgops.platform.carvel.sources import FetchProblem
from pkgops.platform.carvel.values import ValuesProblem, value_files
from pkgops.ytt import DataValues, InputFile, Options, YttError, render
from pkgops.ytt.marks import apply_marks

STEP = "Templating dir"
_UNSUPPORTED = ("helmTemplate", "cue", "sops")


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
        """Run all steps on a folder; the outcome's stdout contains the resources."""
        if not steps:
            return failed("Expected at least one template option")
        result = Outcome()
        for index, step in enumerate(steps):
            result = self._run_step(step, folder, result.stdout if index else None)
            if result.error:
                break
        return result

    def _run_step(self, step: dict[str, Any], folder: Path, stream: str | None) -> Outcome:
        try:
            if step.get("ytt") is not None:
                return self.ytt(step["ytt"], folder, stream)
            if step.get("kbld") is not None:
                return kbld(step["kbld"], folder, stream)
        except (MissingReference, ValuesProblem) as error:
            return failed(f"Preparing template values: {error}")
        except FetchProblem as error:
            return failed(str(error))
        unknown = next((key for key in _UNSUPPORTED if key in step), "")
        detail = f" ({unknown} is not available on the local platform)" if unknown else ""
        return failed(f"Unsupported way to template{detail}")

    def ytt(self, spec: dict[str, Any], folder: Path, stream: str | None) -> Outcome:
        """Render files with ytt.

        Raises:
            MissingReference: values come from a Secret or ConfigMap that does not exist.
            ValuesProblem: a source of values is not valid.
            FetchProblem: a path is outside of the folder.
        """
        try:
            given = read_paths(spec.get("paths") or [], folder, stream)
            if spec.get("inline") is not None:
                inline = inline_files(spec["inline"], self.references)
                given += [(name, content.decode()) for name, content in sorted(inline.items())]
        except MissingFile as path:
            return tool_failed(STEP, f"ytt: Error: {_missing_file_text(path)}\n")
        try:
            texts = value_files(spec.get("valuesFrom") or [], self.references, self.owner, folder, stream)
        except MissingFile as path:
            where = f"Extracting data value from file: Find files '{path}': {_missing_file_text(path)}"
            return tool_failed(STEP, f"ytt: Error: {where}\n")
        values = [("", InputFile(path=name, content=text)) for name, text in texts]
        options = Options(
            ignore_unknown_comments=bool(spec.get("ignoreUnknownComments")), strict=bool(spec.get("strict"))
        )
        try:
            files = apply_marks(
                [InputFile(path=path, content=file) for path, file in given], spec.get("fileMarks") or []
            )
            text = render(files, DataValues(files=values), options)
        except PkgopsError as error:
            return tool_failed(STEP, f"ytt: Error: {_error_text(error)}\n")
        return Outcome(stdout=text)


def kbld(spec: dict[str, Any], folder: Path, stream: str | None) -> Outcome:
    """Resolve the images of documents to digests; those in a bundle's lock file without registry requests.

    Raises:
        FetchProblem: a path is outside of the folder.
    """
    lines: list[str] = []
    try:
        texts = read_paths(spec.get("paths") or [], folder, stream, suffixes=YAML)
        config, resources = read_config(
            doc for name, text in texts for doc in documents(text, _source_name(name))
        )
        resolved = resolve(resources, config, RegistryClient(ANONYMOUS), on_line=lines.append)
    except MissingFile as path:
        return tool_failed(
            STEP, f"kbld: Error: Unable to stat file: stat {path}: no such file or directory\n"
        )
    except PkgopsError as error:
        output = "".join(f"{line}\n" for line in lines)
        return tool_failed(STEP, f"{output}kbld: Error: {_error_text(error)}\n")
    return Outcome(stdout=dump(resolved.documents), stderr="".join(f"{line}\n" for line in lines))


def _source_name(name: str) -> str:
    return STDIN if name == STREAM else described(name)


def _missing_file_text(path: MissingFile) -> str:
    return f"Checking file '{path}': lstat {path}: no such file or directory"


def _error_text(error: PkgopsError) -> str:
    if isinstance(error, YttError):
        return error.text
    return f"{error.what}\n{error.why}" if error.why else error.what
