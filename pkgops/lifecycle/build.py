"""``builder``: runs the chosen buildpacks one after the other."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from pkgops.lifecycle import buildpacks_on_disk as on_disk
from pkgops.lifecycle import phase, tables
from pkgops.lifecycle.buildpacks_on_disk import Buildpack
from pkgops.lifecycle.layer_files import layers_of
from pkgops.lifecycle.phase import Code, PhaseError


def main(argv: Sequence[str] | None = None) -> int:
    """Run the phase; returns the exit code."""
    flags = phase.parse(argv, "app", "group", "layers", "plan", "platform")

    def build() -> None:
        layers, app = Path(flags.layers or "/layers"), Path(flags.app or "/workspace")
        platform = Path(flags.platform or "/platform")
        plan = tables.read(Path(flags.plan)).get("entries", [])
        group = on_disk.chosen(Path(flags.group))
        for buildpack in group:
            _run(buildpack, group, layers, app, platform, plan)
        tables.write(layers / "config" / "metadata.toml", _metadata(group, layers))

    return phase.run("build", Code.BUILD, build)


def _run(
    buildpack: Buildpack,
    group: list[Buildpack],
    layers: Path,
    app: Path,
    platform: Path,
    plan: list[tables.Table],
) -> None:
    own = layers / buildpack.escaped
    own.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "plan.toml"
        tables.write(path, {"entries": _entries(buildpack, plan)})
        more = {"CNB_LAYERS_DIR": str(own), "CNB_BP_PLAN_PATH": str(path)}
        env = _with_layers(on_disk.environment(platform, more), group[: group.index(buildpack)], layers)
        code = on_disk.run(buildpack, "build", [str(own), str(platform), str(path)], app, env)
    if code:
        raise PhaseError(f"exit status {code}", Code.BUILDPACK)


def _entries(buildpack: Buildpack, plan: list[tables.Table]) -> list[tables.Table]:
    mine = (entry for entry in plan if any(one["id"] == buildpack.id for one in entry["providers"]))
    return [require for entry in mine for require in entry["requires"]]


def _with_layers(env: dict[str, str], before: list[Buildpack], layers: Path) -> dict[str, str]:
    """Put the build layers of earlier buildpacks on the paths."""
    for buildpack in before:
        for layer in layers_of(layers, buildpack):
            if layer.build:
                env = _prepend(env, layer.folder)
    return env


def _prepend(env: dict[str, str], folder: Path) -> dict[str, str]:
    for name, part in (("PATH", "bin"), ("LD_LIBRARY_PATH", "lib"), ("CPATH", "include")):
        if (folder / part).is_dir():
            rest = env.get(name, "")
            env = {**env, name: f"{folder / part}:{rest}" if rest else str(folder / part)}
    return env


def _metadata(group: list[Buildpack], layers: Path) -> tables.Table:
    launches = [(one, tables.read(layers / one.escaped / "launch.toml")) for one in group]
    processes = [
        {**process, "buildpack-id": one.id}
        for one, table in launches
        for process in table.get("processes", [])
    ]
    labels = [label for _, table in launches for label in table.get("labels", [])]
    default = [str(process["type"]) for process in processes if process.get("default")]
    return {
        "buildpacks": [one.to_table() for one in group],
        "processes": processes,
        "labels": labels,
        "buildpack-default-process-type": default[-1] if default else "",
    }


if __name__ == "__main__":
    sys.exit(main())
