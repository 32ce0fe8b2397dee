"""A slip in each field of Knative's kinds: a wrong type is refused as by Go, a wrong name is reported."""

from __future__ import annotations

import pytest
from slip_makers import misnamed, mistyped

from pkgops.kube import Obj
from pkgops.platform.knative.admission import WEBHOOKS
from pkgops.platform.knative.structs import SPECS

MISTYPED = "mutation failed: cannot decode incoming new object: json: cannot unmarshal "
KINDS = ("Configuration", "Revision", "Route", "Service")


def answered(path: str, kind: str, spec: object) -> Obj:
    obj = {"apiVersion": "serving.knative.dev/v1", "kind": kind, "metadata": {"name": "a"}, "spec": spec}
    request = {"uid": "1", "operation": "CREATE", "object": obj, "userInfo": {"username": "jane"}}
    found: Obj = WEBHOOKS.respond(path, {"request": request})["response"]
    return found


def refusal(kind: str, spec: object) -> str:
    response = answered(WEBHOOKS.defaults_path, kind, spec)
    return "" if response["allowed"] else str(response["status"]["message"])


def told(kind: str, spec: object) -> list[str]:
    """Return the warnings about an object and the message if it is refused."""
    response = answered(WEBHOOKS.validation_path, kind, spec)
    message = (response.get("status") or {}).get("message", "")
    return [*(response.get("warnings") or []), message]


def test_every_kind_has_its_struct() -> None:
    assert {f"{kind.lower()}s" for kind in SPECS} == set(WEBHOOKS.resources)


@pytest.mark.parametrize("kind", KINDS)
def test_a_value_of_another_type_is_refused_at_every_place(kind: str) -> None:
    slips = list(mistyped(SPECS[kind]))
    taken = [path for path, spec in slips if not refusal(kind, spec).startswith(MISTYPED)]
    assert taken == []
    assert slips


@pytest.mark.parametrize("kind", KINDS)
def test_a_misnamed_field_is_told_at_every_place(kind: str) -> None:
    slips = list(misnamed(SPECS[kind]))
    # Fields below one that is dropped or refused as a whole are not reported.
    words = ("unknown field", "must not set the field(s)")
    silent = [path for path, spec in slips if not any(word in str(told(kind, spec)) for word in words)]
    assert silent == []
    assert slips


def test_it_is_told_once_and_by_its_path() -> None:
    probe = {"httpGet": {"path": "/", "httpHeaders": [{"nam": "a", "value": "b"}]}}
    spec = {"template": {"spec": {"containers": [{"image": "a", "livenessProbe": probe, "imag": "b"}]}}}
    place = "spec.template.spec.containers[0]"
    warnings = [text for text in told("Service", spec) if text.startswith("unknown field")]
    assert warnings == [
        f'unknown field "{place}.livenessProbe.httpGet.httpHeaders[0].nam": the real definition drops it',
        f'unknown field "{place}.imag": the real definition drops it',
    ]


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        (
            {"containers": [{"ports": [{"containerPort": "8080"}]}]},
            "string into Go struct field ContainerPort.{0}.PodSpec.containers.ports.containerPort "
            "of type int32",
        ),
        (
            {"timeoutSeconds": "30"},
            "string into Go struct field RevisionSpec.{0}.timeoutSeconds of type int64",
        ),
        (
            {"containers": [{"env": [{"name": "PORT", "value": 8080}]}]},
            "number into Go struct field EnvVar.{0}.PodSpec.containers.env.value of type string",
        ),
        (
            {"containers": {"image": "a"}},
            "object into Go struct field RevisionSpec.{0}.PodSpec.containers of type []v1.Container",
        ),
    ],
)
def test_the_words_are_gos(spec: Obj, said: str) -> None:
    said = said.format("spec.ConfigurationSpec.template.spec")
    assert refusal("Service", {"template": {"spec": spec}}) == MISTYPED + said
