"""The files that a buildpack wrote, read and validated by the rules of its API version.

Source: buildpacks/lifecycle ``buildpack/files.go``, ``buildpack/build.go``, ``buildpack/layermetadata.go``
and ``buildpack/detect.go``, with its messages.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pkgops.lifecycle import bills, typed
from pkgops.lifecycle.api import at_least
from pkgops.lifecycle.buildpacks_on_disk import Buildpack
from pkgops.lifecycle.phase import Code, PhaseError
from pkgops.lifecycle.tables import Table

FORBIDDEN = "/><:|&\\"
_TYPES = ("build", "launch", "cache")


@dataclass(frozen=True, slots=True)
class Outputs:
    """The processes and labels that one buildpack adds to the image.

    Attributes:
        processes: each with its command as a list and ``direct`` set.
        labels: keys and values.
        met: the names of the plan's entries that are met, so that later buildpacks do not get them.
    """

    processes: tuple[Table, ...]
    labels: tuple[Table, ...]
    met: frozenset[str]


def read(buildpack: Buildpack, folder: Path, plan: list[Table]) -> Outputs:
    """Return a buildpack's outputs from its layers folder; layers without a type are renamed to be ignored.

    Raises:
        PhaseError: a file violates its API version.
    """
    _check_layers(folder)
    met = _met(typed.read(folder / "build.toml", typed.BUILD), plan)
    bills.check(buildpack, folder)
    path = folder / "launch.toml"
    launch = typed.read(path, typed.LAUNCH)
    processes = tuple(
        _process(entry, buildpack, path, index) for index, entry in enumerate(launch.get("processes", []))
    )
    if sum(bool(process.get("default")) for process in processes) > 1:
        raise _refused("multiple default process types aren't allowed")
    return Outputs(processes, tuple(launch.get("labels", [])), met)


def merged(all_processes: Iterable[Table]) -> tuple[list[Table], str]:
    """Return the processes by type, a later one in place of an earlier, and the default type.

    If a process that is not a default replaces the default one, there is no default. As in the supported
    platform API, a command is one word, and the words after it are its first arguments.
    """
    found: dict[str, Table] = {}
    default = ""
    for process in all_processes:
        name = str(process["type"])
        if process.get("default"):
            default = name
        elif name == default:
            default = ""
            text = "redefining the following default process type with a process not marked as default"
            print(f"Warning: {text}: {name}", file=sys.stderr)
        first, *rest = process["command"]
        found[name] = {key: value for key, value in process.items() if key != "default"}
        found[name] |= {"command": first, "args": [*rest, *process.get("args", [])]}
    return [found[name] for name in sorted(found)], default


def check_types(processes: Iterable[Table]) -> None:
    """Raise where a process type cannot be the name of a link in the image.

    Raises:
        PhaseError: names the type.
    """
    for name in (str(process.get("type") or "") for process in processes):
        if not name:
            raise PhaseError("type is required for all processes", Code.EXPORT)
        if set(name) & set(FORBIDDEN):
            text = f"invalid process type '{name}': type may not contain characters '{FORBIDDEN}'"
            raise PhaseError(text, Code.EXPORT)


def plan_problem(plan: Table, buildpack: Buildpack) -> str:
    """Return why the plan of a buildpack's ``detect`` is invalid; empty for a valid one."""
    parts = [plan, *plan.get("or", [])]
    if any(entry.get("version") for part in parts for entry in part.get("requires", [])):
        text = 'has a "version" key which is not supported. "metadata.version" should be used instead'
        return f"buildpack {buildpack.id} {text}"
    return ""


def _check_layers(folder: Path) -> None:
    for path in sorted(folder.glob("*.toml")):
        before = "failed to process buildpack layer: failed to decode layer metadata file"
        try:
            table = typed.read(path, typed.LAYER)
        except PhaseError as error:
            raise _refused(f"{before}: {error.what}") from error
        if any(name in table for name in _TYPES):
            text = f"the launch, cache and build flags should be in the types table of {path}"
            raise _refused(f"{before}: {text}")
        layer = path.with_suffix("")
        if layer.is_dir() and not any(table.get("types", {}).get(name) for name in _TYPES):
            layer.rename(f"{layer}.ignore")


def _process(entry: Table, buildpack: Buildpack, path: Path, index: int) -> Table:
    result: Table = {
        "type": entry.get("type", ""),
        "args": entry.get("args", []),
        "buildpack-id": buildpack.id,
    }
    if at_least(buildpack.api, "0.9"):
        if "direct" in entry:
            raise _refused("process.direct is not supported on this buildpack version")
        result |= {"command": typed.command(entry, [str], path, index), "direct": True}
    else:
        command = typed.command(entry, str, path, index)
        result |= {"command": [command], "direct": entry.get("direct", False)}
    if not result["command"]:
        raise _refused(f"process '{result['type']}' has a command without a word")
    if entry.get("default"):
        result["default"] = True
    if entry.get("working-dir") and at_least(buildpack.api, "0.8"):
        result["working-dir"] = entry["working-dir"]
    return result


def _met(build: Table, plan: list[Table]) -> frozenset[str]:
    """Return the requested names that this buildpack does not list as unmet."""
    asked = {str(entry.get("name", "")) for entry in plan}
    unmet = [entry.get("name", "") for entry in build.get("unmet", [])]
    if "" in unmet:
        raise _refused("unmet.name is required")
    for name in unmet:
        if name not in asked:
            raise _refused(f"unmet.name '{name}' must match a requested dependency")
    return frozenset(asked - set(unmet))


def _refused(text: str) -> PhaseError:
    return PhaseError(text, Code.BUILD)
