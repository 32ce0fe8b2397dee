"""``builder``: runs ``bin/build`` of the detected buildpacks in order."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from pkgops.lifecycle import api, environment, outputs, phase, tables
from pkgops.lifecycle import buildpacks_on_disk as on_disk
from pkgops.lifecycle.buildpacks_on_disk import Buildpack
from pkgops.lifecycle.layer_files import layers_of
from pkgops.lifecycle.outputs import Outputs
from pkgops.lifecycle.phase import Code, PhaseError


def main(argv: Sequence[str] | None = None) -> int:
    """Run the phase; returns the exit code."""
    flags = phase.parse(argv, "app", "group", "layers", "plan", "platform")

    def build() -> None:
        layers, app = Path(flags.layers or "/layers"), Path(flags.app or "/workspace")
        platform = Path(flags.platform or "/platform")
        plan = tables.read(Path(flags.plan)).get("entries", [])
        group = on_disk.chosen(Path(flags.group))
        env = environment.inherited(os.environ)
        made: list[Outputs] = []
        for buildpack in group:
            api.check(buildpack.api, str(buildpack))
            own = layers / buildpack.escaped
            wanted = _entries(buildpack, plan)
            _run(buildpack, own, app, platform, wanted, env)
            made.append(outputs.read(buildpack, own, wanted))
            plan = [
                entry
                for entry in plan
                if not any(str(require["name"]) in made[-1].met for require in entry["requires"])
            ]
            for layer in layers_of(layers, buildpack):
                env = environment.with_layer(env, layer.folder) if layer.build else env
        tables.write(layers / "config" / "metadata.toml", _metadata(group, made))

    return phase.run("build", Code.BUILD, build)


def _run(
    buildpack: Buildpack,
    own: Path,
    app: Path,
    platform: Path,
    wanted: list[tables.Table],
    env: Mapping[str, str],
) -> None:
    own.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "plan.toml"
        tables.write(path, {"entries": wanted})
        more = {"CNB_LAYERS_DIR": str(own), "CNB_BP_PLAN_PATH": str(path)}
        full = environment.for_program(env, platform, buildpack, more)
        try:
            code = on_disk.run(buildpack, "build", [str(own), str(platform), str(path)], app, full)
        except OSError as error:
            text = f"fork/exec {error.filename}: {(error.strerror or '').lower()}"
            raise PhaseError(text, Code.BUILDPACK) from error
    if code:
        raise PhaseError(f"exit status {code}", Code.BUILDPACK)


def _entries(buildpack: Buildpack, plan: list[tables.Table]) -> list[tables.Table]:
    mine = (entry for entry in plan if any(one["id"] == buildpack.id for one in entry["providers"]))
    return [require for entry in mine for require in entry["requires"]]


def _metadata(group: list[Buildpack], made: list[Outputs]) -> tables.Table:
    processes, default = outputs.merged(process for one in made for process in one.processes)
    return {
        "buildpacks": [one.to_table() for one in group],
        "processes": processes,
        "labels": [label for one in made for label in one.labels],
        "buildpack-default-process-type": default,
    }


if __name__ == "__main__":
    sys.exit(main())
