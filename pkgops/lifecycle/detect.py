"""``detector``: finds the first group of buildpacks that claims the source."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from pkgops.lifecycle import api, environment, outputs, phase, tables
from pkgops.lifecycle import buildpacks_on_disk as on_disk
from pkgops.lifecycle.buildpacks_on_disk import Buildpack
from pkgops.lifecycle.phase import Code, PhaseError

_FAIL = 100
Plans = list[tables.Table]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the phase; returns the exit code."""
    flags = phase.parse(argv, "app", "group", "plan", "order", "platform")

    def detect() -> None:
        app, platform = Path(flags.app or "/workspace"), Path(flags.platform or "/platform")
        order = Path(flags.order) if flags.order else on_disk.CNB / "order.toml"
        group, plan = _first(on_disk.groups(order), app, platform)
        tables.write(Path(flags.group), {"group": [one.to_table() for one in group]})
        tables.write(Path(flags.plan), {"entries": plan})
        for one in group:
            print(f"{one.id} {one.version}")

    return phase.run("detect", Code.DETECT, detect)


def _first(groups: list[list[Buildpack]], app: Path, platform: Path) -> tuple[list[Buildpack], Plans]:
    errors = 0
    for group in groups:
        results = {one: _try(one, app, platform) for one in group}
        errors += sum(code not in (0, _FAIL) for code, _ in results.values())
        passed = [one for one in group if results[one][0] == 0]
        if any(results[one][0] and not one.optional for one in group) or not passed:
            continue
        plan = _resolve([results[one][1] for one in passed], passed)
        if plan is not None:
            return passed, plan
    print("ERROR: No buildpack groups passed detection.", file=sys.stderr)
    print("ERROR: Please check that you are running against the correct path.", file=sys.stderr)
    if errors:
        raise PhaseError("buildpack(s) failed with err", Code.NO_GROUP_WITH_ERRORS)
    raise PhaseError("no buildpacks participating", Code.NO_GROUP)


def _try(buildpack: Buildpack, app: Path, platform: Path) -> tuple[int, tables.Table]:
    api.check(buildpack.api, f"{buildpack.id}@{buildpack.version}")
    with tempfile.TemporaryDirectory() as folder:
        plan = Path(folder) / "plan.toml"
        plan.touch()
        own = {"CNB_BUILD_PLAN_PATH": str(plan)}
        env = environment.for_program(environment.handed_on(os.environ), platform, buildpack, own)
        code = on_disk.run(buildpack, "detect", [str(platform), str(plan)], app, env)
        sys.stdout.flush()
        written = tables.read(plan) if code == 0 else {}
        problem = outputs.plan_problem(written, buildpack)
        if problem:
            print(problem, flush=True)
            code = -1
        word = {0: "pass", _FAIL: "fail"}.get(code, f"err ({code})")
        print(f"{word}: {buildpack.id}@{buildpack.version}", flush=True)
        return code, written


def _resolve(plans: list[tables.Table], group: list[Buildpack]) -> Plans | None:
    """Match what the buildpacks require with what they provide; None where something is left over."""
    provides = [{entry["name"] for entry in plan.get("provides", [])} for plan in plans]
    requires = [entry for plan in plans for entry in plan.get("requires", [])]
    wanted = {entry["name"] for entry in requires}
    if wanted - set().union(*provides) or set().union(*provides) - wanted:
        return None
    return [
        {
            "providers": [
                one.to_table() for one, names in zip(group, provides, strict=True) if name in names
            ],
            "requires": [entry for entry in requires if entry["name"] == name],
        }
        for name in sorted(wanted)
    ]


if __name__ == "__main__":
    sys.exit(main())
