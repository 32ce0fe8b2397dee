"""What comes next, by what runs."""

import pytest
from view_snapshots import BEGAN, NAME, ref

from pkgops.model import Environment, Snapshot, Verdict
from pkgops.values import replace
from pkgops.view import overview

PATH = ["apps-dev", "apps-prod"]


def of(verdict, name=NAME, **versions):
    environments = tuple(
        Environment(name=one.replace("_", "-"), namespace=one, verdict=verdict, version=version)
        for one, version in versions.items()
    )
    return Snapshot(
        taken_at=BEGAN, workload=ref("Workload", name), environments=environments, verdict=verdict
    )


@pytest.mark.parametrize(
    ("snapshots", "command"),
    [
        ([], "pkgops up"),
        ([of(Verdict.ABSENT)], "pkgops up"),
        ([of(Verdict.READY, apps_dev="1"), of(Verdict.FAILED, "other")], "pkgops why other"),
        ([of(Verdict.WORKING), of(Verdict.UNKNOWN, "other")], "pkgops why other"),
        ([of(Verdict.READY, apps_dev="1"), of(Verdict.WAITING, "other")], "pkgops wait other"),
        ([of(Verdict.READY, apps_dev="2", apps_prod="1")], f"pkgops promote {NAME} --to apps-prod"),
        ([of(Verdict.READY, apps_dev="2")], f"pkgops promote {NAME} --to apps-prod"),
        ([of(Verdict.READY, apps_dev="2", apps_prod="2")], f"pkgops open {NAME}"),
        # One without its deliverable, after a clean that was ended for example.
        ([of(Verdict.READY)], f"pkgops deliver {NAME}"),
        (
            [of(Verdict.READY, apps_dev="2", apps_prod="2"), of(Verdict.READY, "other")],
            "pkgops deliver other",
        ),
    ],
)
def test_what_is_wrong_comes_before_what_is_on_its_way_and_both_before_the_way_on(snapshots, command):
    assert overview.following(snapshots, PATH) == f"next: {command}"


def test_nothing_is_opened_where_no_application_runs():
    environment = Environment(name="apps-dev", namespace="apps-dev", verdict=Verdict.READY, serves=False)
    found = replace(of(Verdict.READY), environments=(environment,))
    assert overview.following([found], PATH[:1]) == f"next: pkgops trace {NAME}"


def test_where_nothing_runs_the_ways_to_begin_are_named():
    text = overview.beginning()
    for words in ("pkgops up", "pkgops init && pkgops up", "pkgops doctor --context", "pkgops --help"):
        assert words in text


@pytest.mark.parametrize("names", [["shop"], ["shop", "stall"]])
def test_where_a_folder_is_configured_its_own_workloads_are_what_up_brings(names):
    text = overview.beginning(names)
    assert f"and deliver {', '.join(names)}\n" in text
    assert "sample" not in text
    assert "pkgops init" not in text
    assert ("pkgops dev" in text) == (len(names) == 1)
