"""``clean`` by users who lack rights: all that pkgops applied goes, or nothing does, and why is said."""

from __future__ import annotations

import pytest
from registry_fixtures import registry

__all__ = ["registry"]

NAME = "hello-go-web2pkg"
CARTO = "carto.run/v1alpha1"
SPACES = ("default", "apps-dev", "apps-prod")
READ, ALL = ("get", "list", "watch"), ("*",)


@pytest.fixture
def applied(commands, registry):
    """Commands beside what ``up`` has applied."""
    commands.configure(registry, git={"url": "https://git.example.com/demo/hello-go.git"})
    assert commands("up", "--yes", "--no-wait").code == 0
    commands.api.requests.clear()
    return commands


def by_namespace(api, user="jane", lacking="", verbs=()):
    """Give a user all rights in the three namespaces and to cluster-scoped kinds, but one kind's."""
    for served in api.served:
        allowed = verbs if served.plural == lacking else ALL
        spaces = SPACES if served.namespaced else ("",)
        if allowed:
            rule = {"apiGroups": [served.group], "resources": [served.plural], "verbs": list(allowed)}
            api.bind(user, [rule], *spaces)


def kinds(api):
    """The resources of everything that ``up`` has applied, and of its records; a clean leaves the Lease."""
    return sorted({served.plural for served, *_ in api.objects.everything()} - {"namespaces", "leases"})


def words(ended):
    return " ".join((ended.out + ended.err).split())


def test_rights_in_the_namespaces_of_what_was_applied_are_enough(applied):
    by_namespace(applied.api)
    ended = applied("clean", "--yes", user="jane")
    assert ended.code == 0, ended
    kept = [(served.kind, key[1]) for served, key, _ in applied.api.objects.everything()]
    assert [one for one in kept if one[0] != "Namespace" and not one[1].startswith(f"{NAME}-release")] == []
    assert ended.out.splitlines() == [
        "unknown: jane may not list workloads",
        "unknown: jane may not list deliverables",
    ]


def test_what_is_left_is_said_to_be_unknown_for_a_program_too(applied):
    by_namespace(applied.api)
    document = applied("clean", "--yes", "-o", "json", user="jane").json()
    assert document["objects"] == []
    assert document["unknown"] == ["jane may not list workloads", "jane may not list deliverables"]


def test_without_the_right_to_see_or_delete_one_kind_nothing_is_deleted(applied):
    before = applied.api.objects.version
    looked_at = kinds(applied.api)
    assert {"secrets", "serviceaccounts", "rolebindings", "deliverables", "clustersupplychains"} < set(
        looked_at
    )
    for number, resource in enumerate(looked_at):
        for verbs, verb in (((), "list"), (READ, "delete")):
            user = f"user{number}{verb}"
            by_namespace(applied.api, user, resource, verbs)
            ended = applied("clean", "--yes", user=user)
            assert ended.code == 3, (resource, verb, ended)
            said = words(ended)
            refused = (
                f"{user} may not {verb} {resource}",
                f"{verb} {resource}",
                f"{user} may not get {resource}",
            )
            assert any(one in said for one in refused), (resource, verb, ended)
            assert "next: request th" in said, ended
            assert "is forbidden: User" not in said, ended
            assert applied.api.objects.version == before, (resource, verb)


def test_a_kind_that_goes_with_the_workload_and_cannot_be_watched_ends_before_anything_is_deleted(applied):
    served = applied.api.of(CARTO, "Workload")
    live = applied.api.objects.get(served, "default", NAME)
    stamped = {"apiVersion": "kpack.io/v1alpha2", "kind": "Image", "name": "an-image", "namespace": "default"}
    live["status"] = {"resources": [{"name": "image-builder", "stampedRef": stamped}]}
    applied.api.objects.write(served, live)
    before = applied.api.objects.version
    by_namespace(applied.api, lacking="images")
    ended = applied("clean", "--yes", user="jane")
    assert ended.code == 3, ended
    assert "get images.kpack.io in namespace default" in ended.err
    assert applied.api.objects.version == before


def test_a_workload_alone_goes_without_rights_to_the_templates(applied):
    for plural in ("workloads", "deliverables", "pods"):
        group = "" if plural == "pods" else "carto.run"
        applied.api.bind("jane", [{"apiGroups": [group], "resources": [plural], "verbs": ["*"]}], *SPACES)
    ended = applied("clean", NAME, "--yes", user="jane")
    assert ended.code == 0, ended
    assert applied.names(CARTO, "Workload") == applied.names(CARTO, "Deliverable") == []
    assert applied.names(CARTO, "ClusterSupplyChain") == ["e2e-pkgops"]


def test_templates_are_applied_by_who_has_rights_in_their_namespaces(applied):
    by_namespace(applied.api)
    ended = applied("up", "--yes", "--no-wait", user="jane")
    assert (ended.code, ended.out.strip()) == (0, "29 unchanged"), ended


def test_templates_whose_objects_may_not_all_be_listed_change_nothing(applied):
    before = applied.api.objects.version
    by_namespace(applied.api, lacking="secrets", verbs=("get", "create", "patch"))
    ended = applied("supplychain", "up", "--yes", user="jane")
    assert ended.code == 3, ended
    assert "is unknown; nothing was changed" in ended.err
    assert "jane may not list secrets in " in ended.err
    assert applied.api.objects.version == before
