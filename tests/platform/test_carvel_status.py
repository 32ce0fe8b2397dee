"""The steps of a status against those that the real kapp-controller wrote."""

from datetime import UTC, datetime
from typing import Any

from carvel_traces import history, without_times

from pkgops.kapp import AppMeta, ChangeMeta
from pkgops.platform.carvel import packageinstall, status
from pkgops.platform.carvel.outcome import Outcome, failed, tool_failed

NOW = datetime(2026, 1, 1, tzinfo=UTC)
Obj = dict[str, Any]


def steps(obj: Obj, recorded: Obj) -> list[Obj]:
    """The statuses of a first successful round, given the texts that were recorded at its end."""
    fetch, template, deploy = (
        Outcome(
            stdout=(recorded.get(key) or {}).get("stdout", ""),
            stderr=(recorded.get(key) or {}).get("stderr", ""),
        )
        for key in ("fetch", "template", "deploy")
    )
    meta = None
    if "kapp" in recorded["deploy"]:
        found = recorded["deploy"]["kapp"]["associatedResources"]
        kinds = tuple((item["group"], item["kind"]) for item in found["groupKinds"])
        value = found["label"].partition("=")[2]
        meta = AppMeta(
            label_value=value, last_change=ChangeMeta(namespaces=tuple(found["namespaces"])), used_gks=kinds
        )
    first = status.started(obj, "Reconciling")
    second = status.fetched(status.step_started(first, "fetch", NOW), fetch, NOW)
    third = status.templated(second, template, NOW)
    fourth = status.deployed(status.step_started(third, "deploy", NOW), deploy, NOW, meta)
    return [first, second, third, fourth, status.completed(fourth, deploy)]


def distinct(kind: str, api: str) -> list[Obj]:
    found: list[Obj] = []
    for obj in history(kind, api, "apps-prod"):
        plain = without_times(obj.get("status") or {})
        if plain and plain not in found and not obj["metadata"].get("deletionTimestamp"):
            found.append(plain)
    return found


def test_an_app_goes_through_the_recorded_statuses() -> None:
    recorded = distinct("App", "kappctrl")[:5]
    obj = history("App", "kappctrl", "apps-prod")[0]
    final = next(
        o["status"] for o in history("App", "kappctrl", "apps-prod") if "deploy" in o.get("status", {})
    )
    assert [without_times(item) for item in steps(obj, final)] == recorded


def test_a_repository_goes_through_the_recorded_statuses() -> None:
    recorded = distinct("PackageRepository", "packaging")[:5]
    found = history("PackageRepository", "packaging", "apps-prod")
    final = next(o["status"] for o in found if "deploy" in o.get("status", {}))
    assert [without_times(item) for item in steps(found[0], final)] == recorded


def test_an_install_goes_through_the_recorded_statuses() -> None:
    recorded = distinct("PackageInstall", "packaging")
    obj = history("PackageInstall", "packaging", "apps-prod")[0]
    text = "Package hello-go-web2pkg.demo.carto not found"
    first = packageinstall.finished(packageinstall.reconciling(obj), text)
    version = "0.1.1795369841"
    tried = {**obj, "status": first}
    second = {**packageinstall.reconciling(tried), "version": version, "lastAttemptedVersion": version}
    apps = [app for app in history("App", "kappctrl", "apps-prod") if "status" in app]
    done = next(app for app in apps if app["status"]["conditions"][0]["type"] == "ReconcileSucceeded")
    third = packageinstall.mirrored(second, done)
    assert [first, second, third] == recorded[:3]
    assert packageinstall.mirrored(second, apps[0]) == second


def test_failures_count_and_explain() -> None:
    obj = {"metadata": {"generation": 3}}
    started = status.started(obj, "Reconciling")
    once = status.completed(started, tool_failed("Deploying", "kapp: Error: no\n"))
    assert once["conditions"][0]["message"] == "Deploying: Error (see .status.usefulErrorMessage for details)"
    assert once["usefulErrorMessage"] == "kapp: Error: no\n"
    twice = status.completed(once, failed("Preparing kapp: no account"))
    assert (twice["consecutiveReconcileFailures"], twice["usefulErrorMessage"]) == (
        2,
        "Preparing kapp: no account",
    )
    healed = status.completed(twice, Outcome())
    assert "usefulErrorMessage" not in healed
    assert (healed["consecutiveReconcileSuccesses"], "consecutiveReconcileFailures" in healed) == (1, False)


def test_failed_deletion() -> None:
    found = status.delete_failed(status.started({"metadata": {"generation": 1}}, "Deleting"), failed("no"))
    assert found["conditions"] == [{"type": "DeleteFailed", "status": "True", "message": "no"}]
    assert found["friendlyDescription"] == "Delete failed: no"


def test_paused_keeps_the_condition() -> None:
    obj = {"metadata": {"generation": 2}, "status": {"conditions": [{"type": "ReconcileSucceeded"}]}}
    found = status.paused(obj, "Canceled/paused")
    assert found["conditions"] == [{"type": "ReconcileSucceeded"}]
    assert (found["observedGeneration"], found["friendlyDescription"]) == (2, "Canceled/paused")


def test_long_and_many_lines_are_shortened() -> None:
    assert packageinstall.shortened("short") == "short"
    assert packageinstall.shortened("one\ntwo") == "one..."
    assert packageinstall.shortened("x" * 90) == "x" * 80 + "..."


def test_output_has_no_blanks_at_line_ends() -> None:
    assert Outcome(stdout="\n a  \nb \t\nc \n").friendly().stdout == "a\nb\nc"
