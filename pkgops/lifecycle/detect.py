"""``detector``: finds the first group of buildpacks that passes detection.

Source: buildpacks/lifecycle ``phase/detector.go`` and ``buildpack/detect.go``.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from pkgops.lifecycle import api, environment, outputs, phase, tables, trials, typed
from pkgops.lifecycle import buildpacks_on_disk as on_disk
from pkgops.lifecycle.buildpacks_on_disk import Buildpack
from pkgops.lifecycle.phase import Code, PhaseError

_FAIL, _ERROR = 100, -1
Found = tuple[list[Buildpack], trials.Plan]


class _NoGroupError(Exception):
    """No group passes detection; ``errors``: a buildpack's ``detect`` failed with an error."""

    def __init__(self, errors: bool) -> None:
        super().__init__()
        self.errors = errors


def main(argv: Sequence[str] | None = None) -> int:
    """Run the phase; returns the exit code."""
    flags = phase.parse(argv, "app", "group", "plan", "order", "platform")

    def detect() -> None:
        app, platform = Path(flags.app or "/workspace"), Path(flags.platform or "/platform")
        order = on_disk.groups(Path(flags.order) if flags.order else on_disk.CNB / "order.toml")
        for one in (one for group in order for one in group):
            api.check(one.api, str(one))
        group, plan = _first(order, app, platform)
        tables.write(Path(flags.group), {"group": [one.to_table() for one in group]})
        tables.write(Path(flags.plan), {"entries": plan})
        for one in group:
            print(f"{one.id} {one.version}")

    return phase.run("detect", Code.DETECT, detect)


def _first(order: list[list[Buildpack]], app: Path, platform: Path) -> Found:
    try:
        return _Detector(app, platform).in_order(order, (), (), optional=False)
    except _NoGroupError as error:
        print("ERROR: No buildpack groups passed detection.", file=sys.stderr)
        if error.errors:
            raise PhaseError("buildpack(s) failed with err", Code.NO_GROUP_WITH_ERRORS) from None
        print("ERROR: Please check that you are running against the correct path.", file=sys.stderr)
        raise PhaseError("no buildpacks participating", Code.NO_GROUP) from None


class _Detector:
    """Tries groups; ``detect`` of a buildpack in several groups is run once."""

    def __init__(self, app: Path, platform: Path) -> None:
        self._app, self._platform = app, platform
        self._runs: dict[tuple[str, str], tuple[int, tables.Table]] = {}

    def in_order(
        self,
        order: Sequence[Sequence[Buildpack]],
        before: tuple[Buildpack, ...],
        after: Sequence[Buildpack],
        *,
        optional: bool,
    ) -> Found:
        """Return the first group that passes, together with the buildpacks before and after it.

        Raises:
            _NoGroupError: none does.
        """
        errors = False
        for group in order:
            try:
                return self._group([*group, *after], before)
            except _NoGroupError as error:
                errors |= error.errors
        if optional:
            return self._group(after, before)
        raise _NoGroupError(errors)

    def _group(self, members: Sequence[Buildpack], before: tuple[Buildpack, ...]) -> Found:
        for index, member in enumerate(members):
            if member.id in {one.id for one in before}:
                continue
            api.check(member.api, str(member))
            if member.order:
                after = members[index + 1 :]
                return self.in_order(member.order, before, after, optional=member.optional)
            before = (*before, member)
        return self._passed(before)

    def _passed(self, group: tuple[Buildpack, ...]) -> Found:
        runs = [(one, *self._run(one)) for one in group]
        if any(code and not one.optional for one, code, _ in runs):
            raise _NoGroupError(any(code not in (0, _FAIL) for _, code, _ in runs))
        passed = [(one, plan) for one, code, plan in runs if not code]
        found = trials.resolve(passed, lambda text: print(text, flush=True)) if passed else None
        if found is None:
            raise _NoGroupError(False)
        if len(found[0]) < len(group):
            print(f"{len(found[0])} of {len(group)} buildpacks participating")
        return found

    def _run(self, buildpack: Buildpack) -> tuple[int, tables.Table]:
        key = (buildpack.id, buildpack.version)
        if key not in self._runs:
            self._runs[key] = _run(buildpack, self._app, self._platform)
        return self._runs[key]


def _run(buildpack: Buildpack, app: Path, platform: Path) -> tuple[int, tables.Table]:
    """Return the exit code of a buildpack's ``detect`` and the plan that it wrote."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "plan.toml"
        path.touch()
        own = {"CNB_BUILD_PLAN_PATH": str(path)}
        env = environment.for_program(environment.inherited(os.environ), platform, buildpack, own)
        plan: tables.Table = {}
        problem = ""
        try:
            code = on_disk.run(buildpack, "detect", [str(platform), str(path)], app, env)
            plan = typed.read(path, typed.PLAN) if code == 0 else {}
            problem = outputs.plan_problem(plan, buildpack)
        except (OSError, PhaseError) as error:
            problem = str(error)
    if problem:
        print(problem, flush=True)
        code = _ERROR
    skipped = "skip" if buildpack.optional else "fail"
    words = {0: f"pass: {buildpack}", _FAIL: f"{skipped}: {buildpack}", _ERROR: f"err:  {buildpack}"}
    print(words.get(code, f"err:  {buildpack} ({code})"), flush=True)
    return code, plan


if __name__ == "__main__":
    sys.exit(main())
