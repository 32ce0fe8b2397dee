"""What ``dev`` follows for a commit: the run that it begins with, and those of later saves."""

from pkgops.flows.dev.loop import run_of
from pkgops.flows.run.deadlines import Limits
from pkgops.flows.run.follow import RunRequest
from pkgops.flows.run.goal import Goal
from pkgops.settings.settings import EnvironmentSetting

DEV = (EnvironmentSetting(name="apps-dev", namespace="apps-dev"),)
BEGUN = RunRequest(
    name="shop",
    goal=Goal(revision="c0", environments=("apps-dev",)),
    environments=DEV,
    limits=Limits(60),
    submitted=({"kind": "Workload"},),
    restart=True,
)


def test_dev_begins_as_up_does_so_that_a_run_that_failed_before_is_started_anew():
    first = run_of(BEGUN, "c0", Limits(30), first=True)
    assert (first.restart, first.submitted, first.limits) == (True, BEGUN.submitted, Limits(30))


def test_a_save_is_followed_in_the_same_environments_and_starts_nothing_anew():
    later = run_of(BEGUN, "c1", Limits(30), first=False)
    assert (later.goal, later.environments) == (Goal(revision="c1", environments=("apps-dev",)), DEV)
    assert (later.restart, later.submitted) == (False, ())
