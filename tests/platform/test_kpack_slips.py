"""One slip in every field of kpack's kinds is refused by its webhook, with Go's message."""

from __future__ import annotations

import pytest
from slip_makers import misnamed, mistyped

from pkgops.kube import Obj
from pkgops.platform.kpack.admission import KINDS
from pkgops.platform.kpack.review import defaulted
from pkgops.platform.kpack.structs import SPECS
from pkgops.platform.resourcewebhooks import NotDecoded


def refusal(kind: str, spec: object) -> str:
    obj: Obj = {"apiVersion": "kpack.io/v1alpha2", "kind": kind, "metadata": {"name": "a"}, "spec": spec}
    try:
        defaulted(obj, has_default_class=True)
    except NotDecoded as error:
        return str(error)
    return ""


def test_every_kind_has_its_struct() -> None:
    assert {f"{kind.lower()}s" for kind in SPECS} == set(KINDS)


@pytest.mark.parametrize("kind", SPECS)
def test_a_misnamed_field_is_refused_at_every_place(kind: str) -> None:
    said = 'json: unknown field "slipx"'
    taken = [path for path, spec in misnamed(SPECS[kind]) if refusal(kind, spec) != said]
    assert taken == []


@pytest.mark.parametrize("kind", SPECS)
def test_a_value_of_another_type_is_refused_at_every_place(kind: str) -> None:
    slips = list(mistyped(SPECS[kind]))
    taken = [path for path, spec in slips if not refusal(kind, spec).startswith("json: cannot unmarshal ")]
    assert taken == []
    assert slips


@pytest.mark.parametrize(
    ("kind", "spec", "said"),
    [
        ("Image", {"tag": 5}, "number into Go struct field ImageSpec.spec.tag of type string"),
        (
            "Image",
            {"build": []},
            "array into Go struct field ImageSpec.spec.build of type v1alpha2.ImageBuild",
        ),
        ("Image", "web", "string into Go struct field Image.spec of type v1alpha2.ImageSpec"),
        (
            "Image",
            {"build": {"env": [{"name": "A", "value": 8080}]}},
            "number into Go struct field EnvVar.spec.build.env.value of type string",
        ),
        (
            "Image",
            {"build": {"services": {"name": "db"}}},
            "object into Go struct field ImageBuild.spec.build.services of type v1alpha2.Services",
        ),
        (
            "Image",
            {"failedBuildHistoryLimit": "3"},
            "string into Go struct field ImageSpec.spec.failedBuildHistoryLimit of type int64",
        ),
        (
            "ClusterBuilder",
            {"order": [{"group": {"id": "go"}}]},
            "object into Go struct field BuilderOrderEntry.spec.BuilderSpec.order.group of type "
            "[]v1alpha2.BuilderBuildpackRef",
        ),
    ],
)
def test_the_words_are_gos(kind: str, spec: object, said: str) -> None:
    assert refusal(kind, spec) == f"json: cannot unmarshal {said}"
