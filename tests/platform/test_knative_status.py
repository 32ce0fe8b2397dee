"""Statuses of Revisions, step by step, against the recorded ones; failures against the catalogue."""

from datetime import UTC, datetime
from typing import Any

import pytest
from carvel_traces import history, without_times

from pkgops.platform.knative.condition_set import ConditionSet
from pkgops.platform.knative.revisionstatus import ObservedState, revision_status

Obj = dict[str, Any]
NOW = datetime(2026, 1, 1, tzinfo=UTC)
IMAGES = {"workload": "r.example/app@sha256:1"}


def revision(**status: Any) -> Obj:
    found = history("Revision", "serving", "apps-prod")[0]
    return {**found, "status": status} if status else found


def conditions(status: Obj) -> dict[str, tuple[str, str, str]]:
    return {
        item["type"]: (item["status"], item.get("reason", ""), item.get("message", ""))
        for item in status["conditions"]
    }


def deployment(ready: int = 0, *found: Obj) -> Obj:
    return {"status": {"readyReplicas": ready, "availableReplicas": ready, "conditions": list(found)}}


def after(*facts: ObservedState) -> Obj:
    """The status after the Revision was reconciled several times."""
    current = revision()
    for item in facts:
        current = {**current, "status": revision_status(current, item, NOW)}
    return current["status"]


def test_recorded_sequence() -> None:
    found = [obj for obj in history("Revision", "serving", "apps-prod") if obj.get("status")]
    recorded = [without_times(obj["status"]) for obj in found]
    image = {"workload": recorded[-1]["containerStatuses"][0]["imageDigest"]}
    resolving = after(ObservedState())
    deploying = after(ObservedState(), ObservedState(images=image))
    waiting = after(
        ObservedState(), ObservedState(images=image), ObservedState(images=image, deployment=deployment())
    )
    ready = after(
        ObservedState(), ObservedState(images=image), ObservedState(images=image, deployment=deployment(1))
    )
    for made in (resolving, deploying, waiting, ready):
        assert without_times(made) in recorded
    assert without_times(ready) == recorded[-1]


def test_transition_times_stay_until_something_changes() -> None:
    first = revision_status(revision(), ObservedState(), NOW)
    again = revision_status(revision(**first), ObservedState(), NOW.replace(year=2027))
    assert again == first


def ended(code: int, message: str = "") -> tuple[Obj, ...]:
    state = {"terminated": {"exitCode": code, **({"message": message} if message else {})}}
    return ({"status": {"containerStatuses": [{"name": "workload", "lastState": state}]}},)


WAITING = (
    {"status": {"containerStatuses": [{"state": {"waiting": {"reason": "ErrImagePull", "message": "m"}}}]}},
)
TIMED_OUT = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}
UNSCHEDULABLE = (
    {"status": {"conditions": [
        {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "no room"}]}},
)  # fmt: skip
QUOTA = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": "quota"}


@pytest.mark.parametrize(
    ("facts", "type", "reason", "message"),
    [
        (
            ObservedState(image_error=("r/app:1", "failed to resolve image to digest: 404")),
            "ContainerHealthy",
            "ContainerMissing",
            'Unable to fetch image "r/app:1": failed to resolve image to digest: 404',
        ),
        (
            ObservedState(images=IMAGES, foreign="web-00001-deployment"),
            "ResourcesAvailable",
            "NotOwned",
            'There is an existing Deployment "web-00001-deployment" that we do not own.',
        ),
        (
            ObservedState(images=IMAGES, deployment=deployment(), pods=ended(3, "boom")),
            "ContainerHealthy",
            "ExitCode3",
            "Container failed with: boom",
        ),
        (
            ObservedState(images=IMAGES, deployment=deployment(), pods=ended(0)),
            "ContainerHealthy",
            "ExitCode0",
            "Container failed with: container exited with no error",
        ),
        (
            ObservedState(images=IMAGES, deployment=deployment(0, TIMED_OUT), pods=WAITING),
            "ResourcesAvailable",
            "ErrImagePull",
            "m",
        ),
        (
            ObservedState(images=IMAGES, deployment=deployment(0, TIMED_OUT)),
            "ResourcesAvailable",
            "ProgressDeadlineExceeded",
            "Initial scale was never achieved",
        ),
        (
            ObservedState(images=IMAGES, deployment=deployment(), pods=UNSCHEDULABLE),
            "ResourcesAvailable",
            "Unschedulable",
            "no room",
        ),
        (
            ObservedState(images=IMAGES, deployment=deployment(0, QUOTA)),
            "ResourcesAvailable",
            "FailedCreate",
            "quota",
        ),
    ],
)
def test_failures_of_the_catalogue(facts: ObservedState, type: str, reason: str, message: str) -> None:
    found = conditions(after(facts))
    assert found[type] == ("False", reason, message)
    assert found["Ready"] == ("False", reason, message)


def test_image_that_cannot_be_pulled_fails_only_after_the_deadline() -> None:
    found = conditions(after(ObservedState(images=IMAGES, deployment=deployment(), pods=WAITING)))
    assert found["ResourcesAvailable"] == ("Unknown", "Deploying", "")


def test_revision_heals_and_stays_ready_through_a_restart() -> None:
    crashed = ObservedState(images=IMAGES, deployment=deployment(), pods=ended(3, "boom"))
    well = ObservedState(images=IMAGES, deployment=deployment(1))
    assert conditions(after(crashed, well))["Ready"][0] == "True"
    assert (
        conditions(after(well, ObservedState(images=IMAGES, deployment=deployment())))["Ready"][0] == "True"
    )


def test_without_traffic_it_is_ready_and_inactive() -> None:
    idle = ObservedState(images=IMAGES, deployment=deployment(), replicas=0, routed=False)
    found = conditions(after(ObservedState(images=IMAGES, deployment=deployment(1)), idle))
    assert found["Ready"][0] == "True"
    assert found["Active"] == ("False", "NoTraffic", "The target is not receiving traffic.")


def test_ready_follows_from_its_dependents() -> None:
    def ready(**statuses: str) -> tuple[str, str, str]:
        living = ConditionSet([], tuple(statuses), NOW)
        for kind, status in statuses.items():
            living.mark(kind, status, f"Why{kind}" if status != "True" else "")
        living.mark_info("Extra", "False", "Ignored")
        return conditions({"conditions": living.result()})["Ready"]

    assert ready(A="True", B="True") == ("True", "", "")
    assert ready(A="Unknown", B="True") == ("Unknown", "WhyA", "")
    assert ready(A="Unknown", B="False") == ("False", "WhyB", "")


def marked(before: list[Obj], *marks: tuple[str, ...]) -> tuple[str, str, str]:
    living = ConditionSet(before, ("ConfigurationsReady", "RoutesReady"), NOW)
    for item in marks:
        living.mark(*item)
    return conditions({"conditions": living.result()})["Ready"]


def test_ready_tells_of_what_was_marked_last() -> None:
    out_of_date = ("Unknown", "OutOfDate", "")
    missing = ("Unknown", "RevisionMissing", "m")
    assert marked([], ("ConfigurationsReady", *out_of_date), ("RoutesReady", *missing)) == missing
    assert marked(
        [], ("ConfigurationsReady", "False", "RevisionFailed"), ("RoutesReady", "False", "Missing")
    )[1] == ("Missing")
    assert marked([], ("ConfigurationsReady", "False", "Failed"), ("RoutesReady", *missing)) == (
        "False",
        "Failed",
        "",
    )
    assert marked([], ("RoutesReady", *missing), ("ConfigurationsReady", "True")) == missing


def test_recorded_services_agree_with_their_own_ready() -> None:
    seen = 0
    for obj in history("Service", "serving", "apps-prod"):
        found = {item["type"]: item for item in obj.get("status", {}).get("conditions") or []}
        if not found:
            continue
        order = [found[kind] for kind in ("ConfigurationsReady", "RoutesReady")]
        made = marked(
            [], *((i["type"], i["status"], i.get("reason", ""), i.get("message", "")) for i in order)
        )
        ready = found["Ready"]
        assert made == (ready["status"], ready.get("reason", ""), ready.get("message", ""))
        seen += 1
    assert seen >= 3
