"""What a pass writes into the status: entries, conditions, times."""

from datetime import UTC, datetime

import pytest

from pkgops.platform.carto.blueprint import blueprint_status
from pkgops.platform.carto.conditions import keep_times, resources_healthy, with_ready
from pkgops.platform.carto.failure import Failure
from pkgops.platform.carto.orphans import orphaned
from pkgops.platform.carto.realized import Realized, entry, merge_entries
from pkgops.platform.carto.runnable import run_conditions
from pkgops.platform.carto.template import Template
from pkgops.platform.conditions import condition

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
LATER = datetime(2026, 1, 2, 3, 9, 5, tzinfo=UTC)
NOW_TEXT, LATER_TEXT = "2026-01-02T03:04:05Z", "2026-01-02T03:09:05Z"
SOURCE = Template("ClusterSourceTemplate", "t", {"urlPath": "u", "revisionPath": "r"})
STAMPED = {
    "apiVersion": "test.run/v1",
    "kind": "Test",
    "metadata": {"name": "obj", "namespace": "ns"},
}
MISSING = Failure(status="Unknown", reason="MissingValueAtPath", message="waiting")


def made(type: str, status: str, reason: str = "R", message: str = "") -> dict[str, object]:
    return condition(type, status, reason, message, NOW)


def states(conditions: list[dict[str, object]]) -> list[tuple[object, ...]]:
    return [(found["type"], found["status"], found["reason"]) for found in conditions]


@pytest.mark.parametrize(
    ("conditions", "status", "reason"),
    [
        ([("A", "True", "a"), ("B", "True", "b")], "True", "Ready"),
        ([("A", "Unknown", "a"), ("B", "Unknown", "b")], "Unknown", "a"),
        ([("A", "False", "a"), ("B", "Unknown", "b"), ("C", "False", "c")], "False", "c"),
        ([("A", "Unknown", "a"), ("B", "False", "b")], "False", "b"),
    ],
)
def test_ready_is_the_last_false_or_the_first_unknown(
    conditions: list[tuple[str, str, str]], status: str, reason: str
) -> None:
    ready = with_ready([made(*found) for found in conditions], NOW)[-1]
    assert (ready["type"], ready["status"], ready["reason"]) == ("Ready", status, reason)


def test_a_new_message_is_a_transition_and_nothing_else_is() -> None:
    old = [made("A", "True", "R", "m"), made("B", "True", "R", "before")]
    new = [
        condition("A", "True", "R", "m", LATER),
        condition("B", "True", "R", "after", LATER),
    ]
    assert [found["lastTransitionTime"] for found in keep_times(new, old, LATER)] == [NOW_TEXT, LATER_TEXT]


def health_entry(*healths: tuple[str, str]) -> dict[str, object]:
    return {"conditions": [made("Healthy", status, "x", message) for status, message in healths]}


@pytest.mark.parametrize(
    ("entries", "status", "message"),
    [
        ([], "Unknown", ""),
        ([{"conditions": [made("Ready", "True")]}], "Unknown", ""),
        ([health_entry(("True", "a")), {"conditions": []}], "True", ""),
        ([health_entry(("Unknown", "a")), health_entry(("Unknown", "b"))], "Unknown", "a"),
        ([health_entry(("False", "a")), health_entry(("False", "b"), ("Unknown", "c"))], "False", "b"),
    ],
)
def test_resources_healthy(entries: list[dict[str, object]], status: str, message: str) -> None:
    found = resources_healthy(entries, NOW)
    assert (found["status"], found["reason"], found["message"]) == (status, "HealthyConditionRule", message)


def test_entry_of_a_resource_with_output() -> None:
    result = Realized(
        resource={"name": "r"},
        template=SOURCE,
        stamped=STAMPED,
        plural="tests.test.run",
        output={"url": "three", "revision": "5"},
    )
    assert entry(result, None, NOW) == {
        "name": "r",
        "stampedRef": {
            "apiVersion": "test.run/v1",
            "kind": "Test",
            "namespace": "ns",
            "name": "obj",
            "resource": "tests.test.run",
        },
        "templateRef": {"apiVersion": "carto.run/v1alpha1", "kind": "ClusterSourceTemplate", "name": "t"},
        "outputs": [
            {
                "name": "url",
                "preview": "three\n",
                "digest": "sha256:f6936912184481f5edd4c304ce27c5a1a827804fc7f329f43d273b8621870776",
                "lastTransitionTime": NOW_TEXT,
            },
            {
                "name": "revision",
                "preview": '"5"\n',
                "digest": "sha256:11fd182657d58787e0e5b61c5da79195f8715fef7f957b9cdba2d8a581b2ca33",
                "lastTransitionTime": NOW_TEXT,
            },
        ],
        "conditions": [
            made("ResourceSubmitted", "True", "ResourceSubmissionComplete"),
            made("Healthy", "True", "OutputsAvailable"),
            made("Ready", "True", "Ready"),
        ],
    }


def test_times_of_outputs_change_with_their_digest_only() -> None:
    first = entry(
        Realized(
            resource={"name": "r"},
            template=SOURCE,
            stamped=STAMPED,
            plural="p",
            output={"url": "a", "revision": "b"},
        ),
        None,
        NOW,
    )
    second = entry(
        Realized(
            resource={"name": "r"},
            template=SOURCE,
            stamped=STAMPED,
            plural="p",
            output={"url": "a", "revision": "c"},
        ),
        first,
        LATER,
    )
    assert [found["lastTransitionTime"] for found in second["outputs"]] == [NOW_TEXT, LATER_TEXT]


def test_previews_are_cut_to_1024_bytes_and_digests_are_not() -> None:
    result = Realized(
        resource={"name": "r"},
        template=SOURCE,
        stamped=STAMPED,
        plural="p",
        output={"url": "x" * 2000, "revision": "y"},
    )
    output = entry(result, None, NOW)["outputs"][0]
    assert len(output["preview"]) == 1024
    assert output["digest"] != entry(result, None, NOW)["outputs"][1]["digest"]


def test_a_resource_that_is_not_stamped_keeps_what_was_known() -> None:
    good = entry(
        Realized(
            resource={"name": "r"},
            template=SOURCE,
            stamped=STAMPED,
            plural="p",
            output={"url": "a", "revision": "b"},
        ),
        None,
        NOW,
    )
    bad = Realized(
        resource={"name": "r"},
        template=SOURCE,
        failure=Failure(status="False", reason="TemplateStampFailure", message="no"),
    )
    after = entry(bad, good, LATER)
    assert after["stampedRef"] == good["stampedRef"]
    assert after["outputs"] == good["outputs"]
    assert states(after["conditions"]) == [
        ("ResourceSubmitted", "False", "TemplateStampFailure"),
        ("Healthy", "True", "OutputsAvailable"),
        ("Ready", "False", "TemplateStampFailure"),
    ]


def test_an_output_that_disappears_is_gone_from_the_entry() -> None:
    good = entry(
        Realized(
            resource={"name": "r"},
            template=SOURCE,
            stamped=STAMPED,
            plural="p",
            output={"url": "a", "revision": "b"},
        ),
        None,
        NOW,
    )
    after = entry(
        Realized(
            resource={"name": "r"}, template=SOURCE, stamped=STAMPED, plural="p", output={}, failure=MISSING
        ),
        good,
        LATER,
    )
    assert "outputs" not in after
    assert states(after["conditions"])[1] == ("Healthy", "Unknown", "OutputNotAvailable")


def test_first_pass_without_object() -> None:
    resource = {"name": "r", "sources": [{"name": "s", "resource": "a"}], "deployment": {"resource": "d"}}
    failed = Realized(
        resource=resource,
        template=SOURCE,
        failure=Failure(status="False", reason="TemplateStampFailure", message="no"),
    )
    after = entry(failed, None, NOW)
    assert set(after) == {"name", "inputs", "templateRef", "conditions"}
    assert after["inputs"] == [{"name": "a"}, {"name": "d"}]
    assert states(after["conditions"])[1] == ("Healthy", "Unknown", "OutputNotAvailable")


def test_pass_through_has_no_template_no_object_and_no_health() -> None:
    result = Realized(resource={"name": "r"}, output={"url": "a", "revision": "b"}, pass_through=True)
    after = entry(result, None, NOW)
    assert set(after) == {"name", "outputs", "conditions"}
    assert states(after["conditions"]) == [
        ("ResourceSubmitted", "True", "PassThrough"),
        ("Ready", "True", "Ready"),
    ]


def test_entries_keep_their_order_and_vanished_ones_go() -> None:
    before = [{"name": "b"}, {"name": "gone"}, {"name": "a"}]
    results = [Realized(resource={"name": name}) for name in ("new", "a", "b")]
    assert [found["name"] for found in merge_entries(results, before, NOW)] == ["b", "a", "new"]


def stamped_ref(name: str, resource: str = "r", template: str = "t") -> dict[str, object]:
    reference = {"apiVersion": "v1", "kind": "ConfigMap", "namespace": "n", "name": name}
    return {"name": resource, "stampedRef": reference, "templateRef": {"kind": "K", "name": template}}


def test_orphans_are_what_no_entry_names_any_more() -> None:
    previous = [stamped_ref("kept"), stamped_ref("renamed", "s"), stamped_ref("removed", "gone")]
    current = [stamped_ref("kept"), stamped_ref("new", "s")]
    assert [found["name"] for found in orphaned(previous, current, set())] == ["renamed", "removed"]


def test_older_objects_of_an_immutable_resource_are_no_orphans_until_the_template_changes() -> None:
    assert orphaned([stamped_ref("old")], [stamped_ref("new")], {"r"}) == []
    switched = orphaned([stamped_ref("old")], [stamped_ref("new", template="other")], {"r"})
    assert [found["name"] for found in switched] == ["old"]


def blueprint(*references: dict[str, object]) -> dict[str, object]:
    resources = [{"name": f"r{index}", "templateRef": ref} for index, ref in enumerate(references)]
    return {"metadata": {"generation": 3}, "spec": {"resources": resources}}


def test_blueprint_names_the_resources_whose_templates_are_missing() -> None:
    options = {"kind": "K", "options": [{"name": "x"}, {"name": "y"}, {"passThrough": "s"}]}
    found = blueprint_status(
        blueprint({"kind": "K", "name": "there"}, options, {"kind": "K", "name": "z"}),
        lambda kind, name: name == "there",
        NOW,
    )
    assert found["observedGeneration"] == 3
    assert states(found["conditions"]) == [
        ("TemplatesReady", "False", "TemplatesNotFound"),
        ("Ready", "False", "TemplatesNotFound"),
    ]
    message = "did not find the template of the resource(s) [r1, r1, r2]"
    assert [entry["message"] for entry in found["conditions"]] == [message, message]


def test_blueprint_with_all_templates() -> None:
    found = blueprint_status(blueprint({"kind": "K", "name": "a"}), lambda kind, name: True, NOW)
    assert states(found["conditions"]) == [("TemplatesReady", "True", "Ready"), ("Ready", "True", "Ready")]


def succeeded(status: str, message: str) -> dict[str, object]:
    return {"status": {"conditions": [{"type": "Succeeded", "status": status, "message": message}]}}


@pytest.mark.parametrize(
    ("failure", "stamped", "account", "expected"),
    [
        (
            None,
            {},
            True,
            [
                ("RunTemplateReady", "True", "Ready"),
                ("StampedObjectCondition", "Unknown", "Unknown"),
                ("Ready", "Unknown", "Unknown"),
            ],
        ),
        (
            None,
            succeeded("Unknown", "running"),
            True,
            [
                ("RunTemplateReady", "True", "Ready"),
                ("StampedObjectCondition", "Unknown", "SucceededCondition"),
                ("Ready", "Unknown", "SucceededCondition"),
            ],
        ),
        (
            None,
            succeeded("False", '"step-test" exited with code 1: Error'),
            True,
            [
                ("RunTemplateReady", "True", "Ready"),
                ("StampedObjectCondition", "False", "SucceededCondition"),
                ("Ready", "False", "SucceededCondition"),
            ],
        ),
        (
            Failure(status="False", reason="ServiceAccountError", message="no account"),
            None,
            False,
            [("RunTemplateReady", "False", "ServiceAccountError"), ("Ready", "False", "ServiceAccountError")],
        ),
    ],
)
def test_conditions_of_a_runnable(
    failure: Failure | None, stamped: object, account: bool, expected: list[tuple[str, str, str]]
) -> None:
    assert states(run_conditions(failure, stamped, NOW, account=account)) == expected
