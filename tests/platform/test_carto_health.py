import pytest

from pkgops.platform.carto.health import Health, object_health, resource_health

STAMPED = {
    "spec": {"v": "x", "n": 3},
    "status": {
        "text": "because",
        "conditions": [
            {"type": "Ready", "status": "True", "message": "fine"},
            {"type": "Broken", "status": "Maybe"},
        ],
    },
}


def multi(healthy: dict[str, object], unhealthy: dict[str, object]) -> dict[str, object]:
    return {"multiMatch": {"healthy": healthy, "unhealthy": unhealthy}}


def conditions(*pairs: tuple[str, str]) -> dict[str, object]:
    return {"matchConditions": [{"type": name, "status": status} for name, status in pairs]}


def fields(key: str, value: str, path: str = "status.text") -> dict[str, object]:
    return {"matchFields": [{"key": key, "operator": "In", "values": [value], "messagePath": path}]}


READY, NOT_READY = conditions(("Ready", "True")), conditions(("Ready", "False"))


@pytest.mark.parametrize(
    ("kind", "rule", "stamped", "output", "expected"),
    [
        ("ClusterSourceTemplate", None, STAMPED, {"url": 1}, Health("True", "OutputsAvailable")),
        ("ClusterSourceTemplate", None, STAMPED, {}, Health("Unknown", "OutputNotAvailable")),
        ("ClusterSourceTemplate", None, None, {}, Health("Unknown", "OutputNotAvailable")),
        ("ClusterTemplate", None, STAMPED, {}, Health("True", "AlwaysHealthy")),
        ("ClusterTemplate", None, None, {}, Health("Unknown", "NoStampedObject")),
        ("ClusterImageTemplate", {"alwaysHealthy": {}}, STAMPED, {}, Health("True", "AlwaysHealthy")),
        ("ClusterImageTemplate", {"alwaysHealthy": {}}, None, {}, Health("Unknown", "NoStampedObject")),
        ("ClusterTemplate", {"singleConditionType": "Ready"}, None, {}, Health("Unknown", "Unknown")),
        (
            "ClusterTemplate",
            {"singleConditionType": "Ready"},
            STAMPED,
            {},
            Health("True", "ReadyCondition", "fine"),
        ),
        (
            "ClusterTemplate",
            {"singleConditionType": "Broken"},
            STAMPED,
            {},
            Health("Unknown", "BrokenCondition"),
        ),
        (
            "ClusterTemplate",
            {"singleConditionType": "No"},
            STAMPED,
            {},
            Health("Unknown", "NoCondition", "condition with type [No] not found on resource status"),
        ),
        (
            "ClusterTemplate",
            multi(READY, NOT_READY),
            STAMPED,
            {},
            Health("True", "MatchedCondition", "condition status: True, message: fine"),
        ),
        (
            "ClusterTemplate",
            multi(NOT_READY, READY),
            STAMPED,
            {},
            Health("False", "MatchedCondition", "condition status: True, message: fine"),
        ),
        (
            "ClusterTemplate",
            multi(READY, fields("spec.v", "x")),
            STAMPED,
            {},
            Health("False", "MatchedField", "field value: x, message: because"),
        ),
        (
            "ClusterTemplate",
            multi(fields("spec.v", "x", "nope"), fields("spec.v", "y")),
            STAMPED,
            {},
            Health(
                "True",
                "MatchedField",
                "field value: x, message: unknown, error retrieving message path [nope]",
            ),
        ),
        (
            "ClusterTemplate",
            multi({**READY, **fields("spec.v", "other")}, NOT_READY),
            STAMPED,
            {},
            Health("Unknown", "NoMatchesFulfilled"),
        ),
    ],
)
def test_rules(kind: str, rule: object, stamped: object, output: dict[str, object], expected: Health) -> None:
    assert resource_health(kind, rule, stamped, output) == expected


def test_objects_of_immutable_resources() -> None:
    assert object_health(None, {}) == "True"
    assert object_health({"alwaysHealthy": {}}, {}) == "True"
    assert object_health({"singleConditionType": "Succeeded"}, {"status": {}}) == "Unknown"
    assert object_health({"singleConditionType": "Ready"}, STAMPED) == "True"
