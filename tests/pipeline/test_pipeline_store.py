"""The store of objects: their last form, whatever order and however often events come, and its indices."""

from __future__ import annotations

import pytest

from pkgops.model import CauseCode, ObjectRef, Unreadable
from pkgops.pipeline.object_store import ObjectStore, event_time, newest_first


def obj(name="a", version=1, uid="1", kind="Pod", namespace="default", api="v1", **meta):
    return {
        "apiVersion": api,
        "kind": kind,
        "metadata": {
            "name": name,
            "namespace": namespace,
            "uid": uid,
            "resourceVersion": str(version),
            **meta,
        },
    }


def store(*events):
    found = ObjectStore()
    for event in events:
        found.apply(*(event if isinstance(event, tuple) else ("ADDED", event)))
    return found


def version(found, name="a"):
    known = found.get("", "Pod", "default", name)
    return known and (known["metadata"]["uid"], known["metadata"]["resourceVersion"])


@pytest.mark.parametrize(
    ("events", "known"),
    [
        ([("ADDED", obj()), ("MODIFIED", obj(version=2))], ("1", "2")),
        # A watch that lags brings an older form of the same object.
        ([("ADDED", obj(version=2)), ("MODIFIED", obj(version=1))], ("1", "2")),
        ([("ADDED", obj(version=10)), ("MODIFIED", obj(version=9))], ("1", "10")),
        # Another object of that name has its own count.
        ([("ADDED", obj(version=9)), ("ADDED", obj(version=3, uid="2"))], ("2", "3")),
        ([("ADDED", obj()), ("DELETED", obj(version=2))], None),
        # The end of an object before, told late.
        ([("ADDED", obj(uid="2")), ("DELETED", obj(uid="1"))], ("2", "1")),
        ([("DELETED", obj())], None),
        ([("ADDED", obj()), ("DELETED", obj()), ("DELETED", obj())], None),
        ([("ADDED", obj()), ("DELETED", obj()), ("ADDED", obj(version=3, uid="2"))], ("2", "3")),
        # Versions that are no numbers are not compared: what comes last counts.
        ([("ADDED", obj(version="x9")), ("MODIFIED", obj(version="x1"))], ("1", "x1")),
    ],
)
def test_the_last_form_of_an_object_counts(events, known):
    assert version(store(*events)) == known


def test_one_object_in_two_served_versions_is_one():
    found = store(
        obj(kind="Deployment", api="apps/v1beta1"), obj(kind="Deployment", api="apps/v1", version=2)
    )
    assert len(found) == 1
    ref = ObjectRef("apps/v2", "Deployment", "default", "a")
    assert found.find(ref)["apiVersion"] == "apps/v1"
    assert found.find(None) is None


def owned(name, owner, **more):
    return obj(name, uid=name, ownerReferences=[{"uid": owner}], **more)


def names(found):
    return [one["metadata"]["name"] for one in found]


def test_children_are_found_by_owner_the_newest_first():
    root = obj("root", uid="root")
    found = store(
        root,
        owned("old", "root", creationTimestamp="2026-11-22T12:00:00Z"),
        owned("new", "root", creationTimestamp="2026-11-22T12:00:05Z"),
        owned("job", "root", kind="Job", api="batch/v1", creationTimestamp="2026-11-22T12:00:09Z"),
        owned("other", "else"),
    )
    assert names(found.children(root)) == ["job", "new", "old"]
    assert names(found.children(root, "", "Pod")) == ["new", "old"]
    assert names(found.children(root, "batch", "Job")) == ["job"]
    found.apply("DELETED", owned("new", "root"))
    assert names(found.children(root, "", "Pod")) == ["old"]


def test_an_object_that_changes_its_owner_leaves_the_one_before():
    one, two = obj("one", uid="one"), obj("two", uid="two")
    found = store(one, two, owned("pod", "one"))
    found.apply("MODIFIED", owned("pod", "two", version=2))
    assert (names(found.children(one)), names(found.children(two))) == ([], ["pod"])


def test_descendants_are_all_that_owners_lead_to():
    found = store(
        obj("root", uid="root"), owned("child", "root"), owned("grandchild", "child"), owned("x", "y")
    )
    assert sorted(names(found.descendants(obj("root", uid="root")))) == ["child", "grandchild"]


def labelled(name, namespace="default", **labels):
    return obj(name, uid=name, namespace=namespace, labels=labels)


@pytest.mark.parametrize(
    ("labels", "namespace", "found"),
    [
        ({"app": "shop"}, None, ["c", "b", "a"]),
        ({"app": "shop"}, "default", ["b", "a"]),
        ({"app": "shop", "tier": "web"}, None, ["b"]),
        ({"tier": "web", "app": "shop"}, None, ["b"]),
        ({"app": "bank"}, None, []),
        ({}, "apps", ["c"]),
    ],
)
def test_labels_have_all_to_be_there(labels, namespace, found):
    known = store(
        labelled("a", app="shop"), labelled("b", app="shop", tier="web"), labelled("c", "apps", app="shop")
    )
    assert names(known.labelled("", "Pod", labels, namespace)) == found


def test_an_index_is_made_anew_after_every_event():
    known = store(labelled("a", app="shop"))
    assert names(known.labelled("", "Pod", {"app": "shop"})) == ["a"]
    known.apply("ADDED", labelled("b", app="shop"))
    assert names(known.labelled("", "Pod", {"app": "shop"})) == ["b", "a"]
    known.apply("DELETED", labelled("b"))
    assert names(known.labelled("", "Pod", {"app": "shop"})) == ["a"]


def test_what_is_kept_is_asked_for_once_between_two_events():
    known, asked = store(obj()), []
    for _ in range(2):
        known.memo("x", lambda: asked.append(1) or len(asked))
    assert asked == [1]
    known.apply("MODIFIED", obj(version=2))
    assert known.memo("x", lambda: asked.append(1) or len(asked)) == 2


def test_all_objects_of_a_kind_are_sorted_by_namespace_and_name():
    known = store(obj("b"), obj("a", namespace="z"), obj("a"), obj("job", kind="Job", api="batch/v1"))
    assert names(known.all("", "Pod")) == ["a", "b", "a"]
    assert names(known.all("", "Pod", "z")) == ["a"]
    assert names(known.all("batch", "Pod")) == []
    assert (len(known), len(list(known))) == (4, 4)


def event(name, at, about="a", **more):
    return {
        **obj(name, uid=name, kind="Event"),
        "involvedObject": {"kind": "Pod", "namespace": "default", "name": about},
        "lastTimestamp": at,
        **more,
    }


POD = ObjectRef("v1", "Pod", "default", "a")


def test_events_about_an_object_the_latest_first():
    known = store(
        event("one", "2026-11-22T12:00:00Z"), event("two", "2026-11-22T12:00:09Z"), event("x", "", "other")
    )
    assert names(known.events(POD)) == ["two", "one"]
    known.apply("DELETED", event("two", ""))
    assert names(known.events(POD)) == ["one"]


def test_an_event_of_the_newer_api_names_its_object_otherwise():
    new = {**event("new", ""), "regarding": {"kind": "Pod", "namespace": "default", "name": "a"}}
    del new["involvedObject"]
    assert names(store(new).events(POD)) == ["new"]


@pytest.mark.parametrize(
    ("times", "moment"),
    [
        ({"lastTimestamp": "2", "eventTime": "1"}, "2"),
        ({"series": {"lastObservedTime": "3"}, "lastTimestamp": "2"}, "3"),
        ({"lastTimestamp": None, "eventTime": "1"}, "1"),
        ({"series": None, "metadata": {"creationTimestamp": "0"}}, "0"),
        ({}, ""),
    ],
)
def test_when_an_event_happened_last(times, moment):
    assert event_time(times) == moment


def test_of_one_second_the_later_name_is_newer():
    same = "2026-11-22T12:00:00Z"
    found = newest_first([obj("a", creationTimestamp=same), obj("b", creationTimestamp=same), obj("c")])
    assert names(found) == ["b", "a", "c"]


def gap(kind, namespace, api="v1"):
    return Unreadable(
        api_version=api, kind=kind, namespace=namespace, code=CauseCode.MAY_NOT_READ, sentence=f"no {kind}"
    )


def test_what_cannot_be_read_is_said_for_its_kind_and_namespace_only():
    known = ObjectStore()
    known.set_unreadable([gap("Pod", "z"), gap("Deployment", "a", "apps/v1"), gap("Pod", "a")])
    assert known.gap("", "Pod", "a").sentence == "no Pod"
    assert known.gap("apps", "Deployment", "a") is not None
    assert known.gap("apps", "Deployment", "z") is None
    assert known.gap("apps", "Pod", "a") is None
    assert [(one.namespace, one.kind) for one in known.unreadable] == [
        ("a", "Pod"),
        ("a", "Deployment"),
        ("z", "Pod"),
    ]


def test_what_can_be_read_again_is_no_gap_any_more():
    known = ObjectStore()
    known.set_unreadable([gap("Pod", "a")])
    known.set_unreadable([])
    assert (known.gap("", "Pod", "a"), known.unreadable) == (None, ())


BARE = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "bare", "namespace": "default"}}


def test_an_object_that_says_little_of_itself_is_known_all_the_same():
    known = store(BARE, labelled("a", app="shop"), {**obj("e", uid="e", kind="Event")})
    assert names(known.labelled("", "Pod", {"app": "shop"})) == ["a"]
    assert names(known.labelled("", "Pod", {"app": "shop"}, "other")) == []
    assert names(known.all("", "Pod")) == ["a", "bare"]
    assert known.children(BARE) == []
    known.apply("MODIFIED", {**BARE, "status": {"phase": "Running"}})
    assert known.get("", "Pod", "default", "bare")["status"] == {"phase": "Running"}
    known.apply("DELETED", BARE)
    assert known.get("", "Pod", "default", "bare") is None
