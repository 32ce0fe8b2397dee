"""The templates that ship have no finding; a finding is shown with its correction as a diff."""

from __future__ import annotations

from pathlib import Path

from pkgops.flows import doctor, render
from pkgops.settings import Overrides, load

VALUES = {
    "registry.server": ("https://r.example.com", "test"),
    "registry.tagPrefix": ("r.example.com/demo/", "test"),
    "git.url": ("https://git.example.com/x.git", "test"),
}


def shipped():
    found = render.render(load(Overrides((), VALUES), {}, Path("/")), ["apps-dev", "apps-prod"])
    return [*found.workflows, *found.workloads, *found.deliverables]


def test_what_ships_has_no_trap():
    checks = list(doctor.lint_checks(shipped()))
    assert [(check.name, str(check.result)) for check in checks] == [("lint", "ok")]


def test_a_trap_comes_with_a_diff():
    objects = shipped()
    install = next(obj for obj in objects if obj["metadata"].get("name") == "deliverable-package-install")
    install["spec"]["template"]["spec"]["syncPeriod"] = "3m"
    check = next(iter(doctor.lint_checks(objects)))
    assert (check.name, check.result) == ("lint duration-not-normal", doctor.Result.FAILED)
    lines = [line.strip() for line in check.diff.splitlines()]
    assert any(line.startswith("-") and line.endswith("syncPeriod: 3m") for line in lines)
    assert any(line.startswith("+") and line.endswith("syncPeriod: 3m0s") for line in lines)
