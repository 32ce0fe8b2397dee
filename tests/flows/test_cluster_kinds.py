"""Which kinds templates need, what is said where a cluster lacks them, and which names are meant."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from pkgops.errors import PreflightError, StepFailed, UsageError
from pkgops.flows import did_you_mean, doctor_cluster, required_kinds, selection, versions
from pkgops.kube import Client
from pkgops.kube.endpoint import Endpoint
from pkgops.kube.transport import Transport

CARTO = "carto.run/v1alpha1"


@pytest.fixture
def server(memory_api):
    return memory_api


def asking(server):
    return Client(Transport(Endpoint(server=server.url, name="memory")))


def template(stamped=None, kind="ClusterTemplate", **spec):
    return {
        "apiVersion": CARTO,
        "kind": kind,
        "metadata": {"name": "t"},
        "spec": {"template": stamped, **spec},
    }


def obj(api_version, kind, name="x", **more):
    return {
        "apiVersion": api_version,
        "kind": kind,
        "metadata": {"name": name, **more.pop("meta", {})},
        **more,
    }


IMAGE = obj("kpack.io/v1alpha2", "Image")


@pytest.mark.parametrize(
    ("objects", "kinds"),
    [
        ([], []),
        ([template(IMAGE)], [(CARTO, "ClusterTemplate"), ("kpack.io/v1alpha2", "Image")]),
        ([template(IMAGE), template(IMAGE)], [(CARTO, "ClusterTemplate"), ("kpack.io/v1alpha2", "Image")]),
        # What a template stamps may be a template itself.
        ([template(template(IMAGE, "ClusterRunTemplate"))],
         [(CARTO, "ClusterRunTemplate"), (CARTO, "ClusterTemplate"), ("kpack.io/v1alpha2", "Image")]),
        # Which kind it is, is known only when it is stamped.
        ([template(obj("v1", "$(params.kind)$"))], [(CARTO, "ClusterTemplate")]),
        ([template(obj("$(params.api)$", "Image"))], [(CARTO, "ClusterTemplate")]),
        ([template(ytt="apiVersion: v1\nkind: ConfigMap\n")],
         [(CARTO, "ClusterTemplate"), ("v1", "ConfigMap")]),
        ([template(ytt="apiVersion: [\n")], [(CARTO, "ClusterTemplate")]),
        ([template(ytt=5)], [(CARTO, "ClusterTemplate")]),
        ([{"metadata": {"name": "x"}}, {"apiVersion": "v1", "kind": ""}], []),
    ],
)  # fmt: skip
def test_the_kinds_that_templates_need(objects, kinds):
    assert required_kinds.required_kinds(objects) == kinds


@pytest.mark.parametrize(
    ("served", "needed", "says", "next"),
    [
        ([], IMAGE, "Image (kpack.io/v1alpha2): kpack", "install kpack"),
        ([("kpack.io/v1alpha1", "Image")], IMAGE, "Image (kpack.io/v1alpha2): served as kpack.io/v1alpha1",
         "change the templates to the kinds and versions that are served"),
        ([], obj("tekton.dev/v1beta1", "ClusterTask"),
         "ClusterTask (tekton.dev/v1beta1): removed in Tekton Pipelines 1.0",
         "change the templates to the kinds and versions that are served"),
        ([], obj("example.com/v1", "Thing"), "Thing (example.com/v1): the operator of example.com",
         "install the operator of example.com"),
    ],
)  # fmt: skip
def test_a_kind_that_is_missing_is_told_with_what_to_do(server, served, needed, says, next):
    server.serve(*served)
    with pytest.raises(PreflightError) as missing:
        required_kinds.check(asking(server), [needed], "context team")
    assert says in missing.value.why
    assert (missing.value.next, missing.value.slug) == (next, "missing-kinds")


def test_each_project_is_named_once_and_what_is_served_is_not_named(server):
    server.serve((CARTO, "ClusterTemplate"))
    carvel = [obj("packaging.carvel.dev/v1alpha1", kind) for kind in ("PackageInstall", "PackageRepository")]
    needed = [template(one) for one in [IMAGE, *carvel]]
    with pytest.raises(PreflightError) as missing:
        required_kinds.check(asking(server), needed, "context team")
    assert missing.value.next == "install Carvel kapp-controller, kpack"
    assert "ClusterTemplate" not in missing.value.why


def test_nothing_is_said_where_all_is_served(server):
    server.serve((CARTO, "ClusterTemplate"), ("kpack.io/v1alpha2", "Image"))
    required_kinds.check(asking(server), [template(IMAGE)], "context team")
    assert required_kinds.served_instead(asking(server), [template(IMAGE)]) == {}


def test_versions_that_are_served_instead(server):
    server.serve((CARTO, "ClusterTemplate"), ("kpack.io/v1alpha1", "Image"))
    found = required_kinds.served_instead(
        asking(server), [template(IMAGE), template(obj("example.com/v1", "X"))]
    )
    assert found == {"kpack.io/v1alpha2": "kpack.io/v1alpha1"}


def checks(found):
    return [(str(one.result), one.message, one.fix) for one in found]


def test_the_doctor_names_each_kind_that_is_missing(server):
    server.serve((CARTO, "ClusterTemplate"), ("kpack.io/v1alpha1", "Image"))
    app = template(obj("kappctrl.k14s.io/v1alpha1", "App"))
    assert checks(doctor_cluster.kinds(asking(server), [template(IMAGE), app])) == [
        ("failed", "App (kappctrl.k14s.io/v1alpha1) is not served", "install Carvel kapp-controller"),
        ("failed", "Image (kpack.io/v1alpha2) is not served", "write kpack.io/v1alpha1"),
    ]
    assert checks(doctor_cluster.kinds(asking(server), [template()])) == [
        ("ok", "all 1 kinds that the templates use are served", "")
    ]
    assert checks(doctor_cluster.kinds(asking(server), [])) == []


def kept(seen, generation=2):
    status = {} if seen is None else {"observedGeneration": seen}
    return obj("kpack.io/v1alpha2", "ClusterBuilder", meta={"generation": generation}, status=status)


@pytest.mark.parametrize(
    ("objects", "served", "result", "says"),
    [
        ([], False, "unknown", "ClusterBuilder is not served"),
        ([], True, "unknown", "there is no ClusterBuilder yet to check it by"),
        ([kept(2)], True, "ok", "has reconciled its 1 objects"),
        ([kept(1)], True, "warning", "has not observed clusterbuilder/x"),
        ([kept(None)], True, "warning", "has not observed clusterbuilder/x"),
    ],
)
def test_without_a_deployment_of_its_name_objects_tell_of_a_controller(server, objects, served, result, says):
    if served:
        server.serve(("kpack.io/v1alpha2", "ClusterBuilder"), namespaced=False)
    for one in objects:
        server.put(one)
    (found,) = doctor_cluster.controllers(asking(server), [IMAGE])
    assert (str(found.result), says in found.message) == (result, True), found.message
    assert bool(found.fix) is (result == "warning")


ONE, TWO = "r/app@sha256:" + "ab" * 32, "r/other@sha256:" + "cd" * 32


@pytest.mark.parametrize(
    ("images", "repository", "chosen"),
    [
        ([ONE], "", ONE),
        ([ONE], "r/unheard-of", ONE),
        ([TWO, ONE], "r/app", ONE),
        ([TWO, ONE], "r/other", TWO),
    ],
)
def test_the_image_that_a_bundle_leads_to(images, repository, chosen):
    assert versions.only_image("r/bundle:v1", images, repository) == chosen


@pytest.mark.parametrize(
    ("images", "repository"),
    [([], ""), ([ONE, TWO], ""), ([ONE, TWO], "r/unheard-of"), ([ONE, ONE], "r/app")],
)
def test_a_bundle_of_none_or_several_images_leads_to_none(images, repository):
    with pytest.raises(StepFailed) as several:
        versions.only_image("r/bundle:v1", images, repository)
    assert several.value.what == f"the bundle r/bundle:v1 refers to {len(images)} images, not to one"
    assert (several.value.why, several.value.slug) == ("\n".join(images), "bundle-images")


@pytest.mark.parametrize("version", ["0.1.2", "10.20.30", "0.1.2-rc.1"])
def test_an_exact_version_is_taken(version):
    versions.check(version)


@pytest.mark.parametrize("version", ["", "0.1", "v0.1.2", ">=0.1.0", "0.1.x", "0.1.2.3", "latest", "0..1"])
def test_what_is_no_exact_version_is_refused(version):
    with pytest.raises(UsageError) as refused:
        versions.check(version)
    assert (refused.value.slug, repr(version) in refused.value.what) == ("bad-version", True)


@dataclass(frozen=True)
class Named:
    """A name that somebody typed, and the names that there are."""

    name: str
    known: tuple[str, ...]


@pytest.mark.parametrize(
    ("asked", "what", "why", "next"),
    [
        (
            Named("shp", ("shop", "bank")),
            "there is no workload 'shp' here",
            "there is: shop, bank",
            "did you mean shop?",
        ),
        (
            Named("xyz", ("shop", "bank")),
            "there is no workload 'xyz' here",
            "there is: shop, bank",
            "choose one of these",
        ),
        (
            Named("op", ("shop", "bank")),
            "there is no workload 'op' here",
            "there is: shop, bank",
            "did you mean shop?",
        ),
        (
            Named("shop", ()),
            "there is no workload 'shop' here",
            "there is no workload at all here",
            "pkgops up",
        ),
        (Named("", ()), "there is no workload here", "", "pkgops up"),
        (Named("", ("shop",)), "no workload was named here", "there is: shop", "choose one of these"),
    ],
)
def test_a_name_of_nobody_is_answered_with_the_names_that_there_are(asked, what, why, next):
    found = did_you_mean.unknown("workload", asked.name, asked.known, "here")
    assert (found.what, found.why, found.next) == (what, why, next)


def plan(name, selector=None, *expressions):
    spec = {"selector": selector or {}, "selectorMatchExpressions": list(expressions)}
    return {"metadata": {"name": name}, "spec": spec}


def holds(key, operator, *values):
    return {"key": key, "operator": operator, "values": list(values)}


@pytest.mark.parametrize(
    ("expression", "labels", "selected"),
    [
        (holds("tier", "Exists"), {"tier": ""}, True),
        (holds("tier", "Exists"), {}, False),
        (holds("tier", "DoesNotExist"), {}, True),
        (holds("tier", "DoesNotExist"), {"tier": "a"}, False),
        (holds("tier", "In", "a", "b"), {"tier": "b"}, True),
        (holds("tier", "In", "a", "b"), {"tier": "c"}, False),
        (holds("tier", "In", "a"), {}, False),
        (holds("tier", "NotIn", "a"), {"tier": "b"}, True),
        (holds("tier", "NotIn", "a"), {}, True),
        (holds("tier", "NotIn", "a"), {"tier": "a"}, False),
        (holds("tier", "Unheard"), {"tier": "a"}, False),
    ],
)
def test_a_blueprint_selects_by_expressions(expression, labels, selected):
    assert selection.best([plan("one", None, expression)], labels) == (["one"] if selected else [])


@pytest.mark.parametrize(
    ("plans", "chosen"),
    [
        ([], []),
        ([plan("any")], []),
        ([plan("web", {"type": "web"})], ["web"]),
        ([plan("web", {"type": "web"}), plan("gold", {"type": "web"}, holds("tier", "Exists"))], ["gold"]),
        ([plan("b", {"type": "web"}), plan("a", {"type": "web"})], ["a", "b"]),
        ([plan("web", {"type": "web", "team": "x"}), plan("other", {"type": "web"})], ["other"]),
    ],
)
def test_the_most_specific_blueprint_is_chosen_and_a_tie_is_told(plans, chosen):
    assert selection.best(plans, {"type": "web", "tier": "gold"}) == chosen
