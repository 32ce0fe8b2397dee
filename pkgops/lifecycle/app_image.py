"""The application's image: layers on a run image, labels, environment and entrypoint."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from pkgops import __version__
from pkgops.lifecycle import tables
from pkgops.lifecycle.layer_files import MTIME, BuildpackLayer
from pkgops.lifecycle.phase import Code, PhaseError
from pkgops.oci.image import Image, Layer
from pkgops.oci.layers import Member, directory, memory_layer, regular, symlink, tree
from pkgops.oci.reference import ImageRef

OWNER = (1000, 1000)
PLATFORM_API = "0.9"
LAUNCHER = Path("/cnb/lifecycle/launcher")
METADATA_LABEL = "io.buildpacks.lifecycle.metadata"
BUILD_LABEL = "io.buildpacks.build.metadata"
PROJECT_LABEL = "io.buildpacks.project.metadata"
_PROCESSES = PurePosixPath("cnb/process")
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True, slots=True, kw_only=True)
class AppParts:
    """What the image is made of.

    Attributes:
        app: the application's folder after the buildpacks ran.
        layers: the layers folder.
        kept: the launch layers, which become layers of the image.
        metadata: what ``builder`` wrote: buildpacks, processes, labels.
        project: the metadata of the source.
        run_image: the reference of the run image, with its digest.
        run_name: the name of the run image in the builder.
        launcher: the program that starts processes.
        process_type: the default process, if the user chose one.
        created: the image's creation time in seconds since 1970; empty for none.
    """

    app: Path
    layers: Path
    kept: tuple[BuildpackLayer, ...]
    metadata: tables.Table
    project: tables.Table
    run_image: ImageRef
    run_name: str
    launcher: Path
    process_type: str = ""
    created: str = ""


def assemble(base: Image, parts: AppParts, *, on_line: Callable[[str], None]) -> Image:
    """Return the assembled image; the same parts always give the same digest.

    Raises:
        PhaseError: no buildpack defined the process that the user chose.
    """
    process = _default_process(parts)
    image, named = base, []
    for name, layer in _layers(parts):
        on_line(f"Adding layer '{name}'")
        named.append((name, layer))
        image = image.append([layer], f"Buildpacks: {name}")
    labels = _labels(base, parts, dict(named))
    for label in labels:
        on_line(f"Adding label '{label}'")
    image = image.labelled(labels)
    entrypoint = f"/{_PROCESSES}/{process}" if process else str(LAUNCHER)
    if process:
        on_line(f"Setting default process type '{process}'")
    image = image.configured(
        Env=_environment(base), WorkingDir="/workspace", Entrypoint=[entrypoint], Cmd=None
    )
    if not parts.created:
        return image
    moment = datetime.fromtimestamp(int(parts.created), UTC)
    return replace(image, config={**image.config, "created": f"{moment:%Y-%m-%dT%H:%M:%SZ}"})


def _default_process(parts: AppParts) -> str:
    chosen = parts.process_type
    if chosen and chosen not in [one["type"] for one in parts.metadata.get("processes", [])]:
        raise PhaseError(f"tried to set {chosen} to default but it doesn't exist", Code.EXPORT)
    return chosen or str(parts.metadata.get("buildpack-default-process-type", ""))


def _layers(parts: AppParts) -> Iterator[tuple[str, Layer]]:
    for kept in parts.kept:
        prefix = f"layers/{kept.buildpack.escaped}/{kept.name}"
        members = tree(kept.folder, prefix, owner=OWNER, mtime=MTIME)
        yield f"{kept.buildpack.id}:{kept.name}", memory_layer(members, level=1)
    yield "buildpacksio/lifecycle:launcher", memory_layer(_launcher(parts.launcher), level=1)
    yield "buildpacksio/lifecycle:config", memory_layer(_config(parts))
    yield "buildpacksio/lifecycle:process-types", memory_layer(_processes(parts.metadata))
    yield "app", memory_layer(tree(parts.app, "workspace", owner=OWNER, mtime=MTIME), level=1)


def _launcher(path: Path) -> Iterator[Member]:
    yield directory("cnb", mtime=MTIME), None
    yield directory("cnb/lifecycle", mtime=MTIME), None
    yield regular("cnb/lifecycle/launcher", path.read_bytes(), 0o755, mtime=MTIME)


def _config(parts: AppParts) -> Iterator[Member]:
    """Yield the files that the launcher reads, and the metadata file of the specification."""
    yield directory("layers", 0o755, OWNER, MTIME), None
    yield directory("layers/config", 0o755, OWNER, MTIME), None
    launch = {
        "processes": {process["type"]: _process(process) for process in parts.metadata.get("processes", [])},
        "layers": [f"/layers/{kept.buildpack.escaped}/{kept.name}" for kept in parts.kept],
        "workingDirectory": "/workspace",
    }
    yield regular("layers/config/launch.json", _json(launch), owner=OWNER, mtime=MTIME)
    metadata = parts.layers / "config" / "metadata.toml"
    yield regular("layers/config/metadata.toml", metadata.read_bytes(), owner=OWNER, mtime=MTIME)


def _process(process: Mapping[str, Any]) -> dict[str, Any]:
    command = process["command"]
    return {
        "command": [command] if isinstance(command, str) else list(command),
        "args": list(process.get("args", [])),
        "direct": bool(process.get("direct", True)),
        "workingDirectory": process.get("working-dir", ""),
    }


def _processes(metadata: tables.Table) -> Iterator[Member]:
    yield directory("cnb", mtime=MTIME), None
    yield directory(str(_PROCESSES), mtime=MTIME), None
    for process in metadata.get("processes", []):
        yield symlink(str(_PROCESSES / process["type"]), str(LAUNCHER), mtime=MTIME)


def _environment(base: Image) -> list[str]:
    before = dict(entry.partition("=")[::2] for entry in base.config.get("config", {}).get("Env") or [])
    path = before.get("PATH", _PATH)
    ours = {"PATH": f"/cnb/process:/cnb/lifecycle:{path.removeprefix('/cnb/process:')}"}
    ours |= {"CNB_LAYERS_DIR": "/layers", "CNB_APP_DIR": "/workspace"}
    ours |= {"CNB_PLATFORM_API": PLATFORM_API, "CNB_DEPRECATION_MODE": "quiet"}
    return [f"{name}={value}" for name, value in {**before, **ours}.items()]


def _labels(base: Image, parts: AppParts, named: Mapping[str, Layer]) -> dict[str, str]:
    labels = {
        METADATA_LABEL: _json(_lifecycle_metadata(base, parts, named)).decode(),
        BUILD_LABEL: _json(_build_metadata(parts.metadata)).decode(),
        PROJECT_LABEL: _json(parts.project).decode(),
    }
    given = {label["key"]: label["value"] for label in parts.metadata.get("labels", []) if label["value"]}
    return {**labels, **given}


def _lifecycle_metadata(base: Image, parts: AppParts, named: Mapping[str, Layer]) -> dict[str, Any]:
    top = base.layers[-1].diff_id if base.layers else ""
    return {
        "app": [{"sha": named["app"].diff_id}],
        "config": {"sha": named["buildpacksio/lifecycle:config"].diff_id},
        "launcher": {"sha": named["buildpacksio/lifecycle:launcher"].diff_id},
        "process-types": {"sha": named["buildpacksio/lifecycle:process-types"].diff_id},
        "buildpacks": [
            {"key": one["id"], "version": one["version"], "layers": _layers_of(one["id"], parts.kept, named)}
            for one in parts.metadata.get("buildpacks", [])
        ],
        "runImage": {"topLayer": top, "reference": str(parts.run_image), "image": parts.run_name},
        "stack": {"runImage": {"image": parts.run_name}},
    }


def _layers_of(
    buildpack: str, kept: tuple[BuildpackLayer, ...], named: Mapping[str, Layer]
) -> dict[str, dict[str, Any]]:
    return {
        layer.name: {
            "sha": named[f"{buildpack}:{layer.name}"].diff_id,
            "data": layer.data,
            "build": layer.build,
            "launch": layer.launch,
            "cache": layer.cache,
        }
        for layer in kept
        if layer.buildpack.id == buildpack
    }


def _build_metadata(metadata: tables.Table) -> dict[str, Any]:
    buildpacks = [
        {key: one[key] for key in ("id", "version", "homepage") if key in one}
        for one in metadata.get("buildpacks", [])
    ]
    processes = [
        {
            "type": process["type"],
            "command": process["command"],
            "args": process.get("args", []),
            "direct": process.get("direct", True),
            "buildpackID": process["buildpack-id"],
        }
        for process in metadata.get("processes", [])
    ]
    launcher = {"version": __version__, "source": {"git": {"repository": "pkgops", "commit": ""}}}
    return {"bom": None, "buildpacks": buildpacks, "launcher": launcher, "processes": processes}


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
