import pytest

from pkgops.platform.carto.failure import Failure, ResourceFailed
from pkgops.platform.carto.outputs import OutputReader
from pkgops.platform.carto.template import Template

PLURAL = "installs.test.run"
SUCCEEDED = 'status.conditions[?(@.type=="Done")].status'
FAILED = 'status.conditions[?(@.type=="Failed")].status'
UPSTREAM = {"url": "u", "revision": "r", "name": ""}


def reader(kind: str, **spec: object) -> OutputReader:
    return OutputReader(Template(kind, "t", spec), "deployer", "pkg-delivery", PLURAL)


def stamped(generation: int | None = 2, **status: object) -> dict[str, object]:
    meta = {"name": "obj", "namespace": "ns", **({"generation": generation} if generation else {})}
    return {"metadata": meta, "spec": {"in": "a"}, "status": status}


def done(status: str) -> dict[str, object]:
    return stamped(observedGeneration=2, conditions=[{"type": "Done", "status": status}])


def failure(found: OutputReader, obj: dict[str, object], deployment: object = UPSTREAM) -> Failure:
    with pytest.raises(ResourceFailed) as caught:
        found.read(obj, obj, deployment)
    return caught.value.failure


def test_paths_are_read_with_their_types() -> None:
    found = reader("ClusterSourceTemplate", urlPath=".status.u", revisionPath="status.r")
    assert found.read(stamped(u="x", r={"a": 1}), stamped(), None) == {"url": "x", "revision": {"a": 1}}
    assert reader("ClusterTemplate").read(stamped(), stamped(), None) == {}


@pytest.mark.parametrize(
    ("rule", "status", "message"),
    [
        (None, {}, "waiting to read value [.status.u] from object [installs.test.run/obj] in namespace [ns]"),
        (
            {"alwaysHealthy": {}},
            {},
            "cannot read value [.status.u] from healthy object [installs.test.run/obj] in namespace [ns], "
            "contact Platform Eng",
        ),
        (
            {"singleConditionType": "Ready"},
            {"conditions": [{"type": "Ready", "status": "False"}]},
            "cannot read value [.status.u] from unhealthy object [installs.test.run/obj] in namespace [ns], "
            "examine object, particularly whether it is receiving proper inputs",
        ),
    ],
)
def test_missing_values(rule: object, status: dict[str, object], message: str) -> None:
    found = reader("ClusterImageTemplate", imagePath=".status.u", healthRule=rule)
    assert failure(found, stamped(**status)) == Failure(
        status="Unknown", reason="MissingValueAtPath", message=message
    )


def test_no_healthy_object_of_an_immutable_resource_is_a_missing_value() -> None:
    with pytest.raises(ResourceFailed, match="waiting to read value"):
        reader("ClusterImageTemplate", imagePath=".status.u").read(None, stamped(), None)


COMPLETION = {
    "succeeded": {"key": SUCCEEDED, "value": "True"},
    "failed": {"key": FAILED, "value": "True"},
}


@pytest.mark.parametrize(
    ("obj", "status", "reason", "message"),
    [
        (
            stamped(None),
            "Unknown",
            "MissingValueAtPath",
            "waiting to read value [metadata.generation] from object [installs.test.run/obj] "
            "in namespace [ns]",
        ),
        (
            stamped(),
            "False",
            "TemplateStampFailure",
            "resource [deployer] cannot satisfy observedCompletion "
            "without observedGeneration in object status",
        ),
        (
            stamped(observedGeneration=1),
            "Unknown",
            "ConditionNotMet",
            "resource [deployer] condition not met: status.observedGeneration does not equal "
            "metadata.generation: %!s(float64=1) != %!s(float64=2)",
        ),
        (
            stamped(observedGeneration=2, conditions=[{"type": "Failed", "status": "True"}]),
            "False",
            "FailedConditionMet",
            f"resource [deployer] failed condition met: deployment failure condition [{FAILED}] was: True",
        ),
        (
            stamped(observedGeneration=2, conditions=[]),
            "Unknown",
            "ConditionNotMet",
            "resource [deployer] condition not met: failed to evaluate succeededCondition.Key "
            f"[{SUCCEEDED}]: jsonpath returned empty list: {SUCCEEDED}",
        ),
        (
            done("False"),
            "Unknown",
            "ConditionNotMet",
            f"resource [deployer] condition not met: deployment success condition [{SUCCEEDED}] was: False, "
            "expected: True",
        ),
    ],
)
def test_observed_completion(obj: dict[str, object], status: str, reason: str, message: str) -> None:
    found = failure(reader("ClusterDeploymentTemplate", observedCompletion=COMPLETION), obj)
    assert (found.status, found.reason, found.message) == (status, reason, message)


def test_a_deployment_hands_its_source_on() -> None:
    found = reader("ClusterDeploymentTemplate", observedCompletion=COMPLETION)
    assert found.read(done("True"), done("True"), UPSTREAM) == {"url": "u", "revision": "r"}


def test_a_deployment_without_source_never_gets_ready() -> None:
    found = failure(reader("ClusterDeploymentTemplate", observedCompletion=COMPLETION), done("True"), None)
    assert found.reason == "UnknownError"
    assert found.message == (
        "unable to retrieve outputs from stamped object [ns/obj] of type [installs.test.run] for resource "
        "[deployer] in supply chain [pkg-delivery]: deployment not found in upstream template"
    )


@pytest.mark.parametrize(
    ("match", "message"),
    [
        (
            {"input": "spec.no", "output": "spec.in"},
            "could not find value on input [spec.no]: jsonpath returned empty list: spec.no",
        ),
        (
            {"input": "spec.in", "output": "spec.no"},
            "could not find value on output [spec.no]: jsonpath returned empty list: spec.no",
        ),
        (
            {"input": "spec.in", "output": "status.out"},
            "input [spec.in] and output [status.out] do not match: a != b",
        ),
    ],
)
def test_observed_matches(match: dict[str, str], message: str) -> None:
    found = failure(reader("ClusterDeploymentTemplate", observedMatches=[match]), stamped(out="b"))
    assert (found.status, found.reason) == ("Unknown", "ConditionNotMet")
    assert found.message == f"resource [deployer] condition not met: {message}"
    assert found.type == "ResourcesSubmitted"
