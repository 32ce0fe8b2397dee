"""Which workload is meant, which blueprint is selected, which names are near."""

from __future__ import annotations

import pytest

from pkgops.errors import Exit, UsageError
from pkgops.flows import did_you_mean, render, selection, workloads


@pytest.mark.parametrize(
    ("known", "given", "configured", "expected"),
    [
        (["hello-go-web2pkg"], "hello-go", "", "hello-go-web2pkg"),
        (["hello", "hello-go"], "hello", "", "hello"),
        (["hello-go-web2pkg"], None, "other", "hello-go-web2pkg"),
        (["a", "b"], None, "b", "b"),
        ([], None, "b", "b"),
    ],
)
def test_the_workload_that_is_meant(known, given, configured, expected):
    assert workloads.choose(known, given, configured, "default") == expected


@pytest.mark.parametrize(
    ("known", "given", "slug", "says"),
    [
        (["a", "b"], None, "several-workloads", "a, b"),
        (["hello-go", "hello-java"], "hello", "several-workloads", "hello-go, hello-java"),
        (["hello-go"], "helo-go", "unknown-workload", "did you mean hello-go?"),
        ([], "hello", "unknown-workload", "there is no workload at all"),
    ],
)
def test_names_that_do_not_decide(known, given, slug, says):
    with pytest.raises(UsageError) as caught:
        workloads.choose(known, given, "configured", "default")
    assert caught.value.slug == slug
    assert caught.value.exit_code is Exit.USAGE
    assert says in caught.value.why + caught.value.next


def test_near_names_are_offered_and_far_ones_are_listed():
    assert "did you mean apps-prod?" in did_you_mean.unknown("environment", "prod", ["apps-prod"]).next
    assert did_you_mean.unknown("environment", "zzz", ["apps-prod"]).next == "choose one of these"


@pytest.mark.parametrize("known", [[], ["one", "two"]])
def test_an_empty_name_is_never_quoted(known):
    error = did_you_mean.unknown("deliverable", "", known, "in the templates", "add one")
    assert "''" not in error.what + error.why + error.next
    assert error.next == ("choose one of these" if known else "add one")
    assert all(name in error.why for name in known)


def test_templates_without_a_deliverable_say_so():
    with pytest.raises(UsageError, match="there is no deliverable in the templates") as caught:
        render.sort([]).deliverable("")
    assert "add a deliverable" in caught.value.next


def blueprint(name, selector=None, expressions=None):
    spec = {"selector": selector or {}, "selectorMatchExpressions": expressions or []}
    return {"metadata": {"name": name}, "spec": spec}


LABELS = {"type": "web", "team": "red"}


@pytest.mark.parametrize(
    ("blueprints", "expected"),
    [
        ([blueprint("one", {"type": "web"})], ["one"]),
        ([blueprint("one", {"type": "batch"})], []),
        ([blueprint("one", {"type": "web"}), blueprint("two", {"type": "web"})], ["one", "two"]),
        ([blueprint("one", {"type": "web"}), blueprint("two", {"type": "web", "team": "red"})], ["two"]),
        ([blueprint("one", expressions=[{"key": "team", "operator": "Exists"}])], ["one"]),
        ([blueprint("one", expressions=[{"key": "team", "operator": "DoesNotExist"}])], []),
        ([blueprint("one", expressions=[{"key": "team", "operator": "In", "values": ["red"]}])], ["one"]),
        ([blueprint("one", expressions=[{"key": "team", "operator": "NotIn", "values": ["red"]}])], []),
        ([blueprint("none")], []),
    ],
)
def test_the_most_specific_blueprint_wins(blueprints, expected):
    assert selection.best(blueprints, LABELS) == expected
