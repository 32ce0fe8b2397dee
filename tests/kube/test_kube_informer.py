import threading
from collections.abc import Callable, Iterator

import pytest
from fake_api import COLLECTION, FakeApi

from pkgops.errors import PkgopsError
from pkgops.kube import Client, Informer, WatchEvent
from pkgops.kube.endpoint import Endpoint
from pkgops.kube.transport import Transport

WAIT = 20.0


class Seen:
    """Collects events and lets a test wait for one."""

    def __init__(self) -> None:
        self.events: list[tuple[str, str]] = []
        self._changed = threading.Condition()

    def __call__(self, event: WatchEvent) -> None:
        with self._changed:
            self.events.append((event.type, event.object["metadata"]["name"]))
            self._changed.notify_all()

    def wait_for(self, predicate: Callable[[list[tuple[str, str]]], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: predicate(self.events), WAIT), self.events


@pytest.fixture
def seen() -> Seen:
    return Seen()


@pytest.fixture
def informer(client: Client, seen: Seen) -> Iterator[Informer]:
    informer = Informer(client, "v1", "ConfigMap", on_event=seen)
    yield informer
    informer.stop()


def test_it_reports_what_is_there_and_what_changes(api: FakeApi, informer: Informer, seen: Seen) -> None:
    api.put("one", {"a": "1"})
    assert informer.start().wait_synced(WAIT)
    api.put("one", {"a": "2"})
    api.put("two", {})
    api.remove("two")
    seen.wait_for(lambda events: ("DELETED", "two") in events)
    assert seen.events == [("ADDED", "one"), ("MODIFIED", "one"), ("ADDED", "two"), ("DELETED", "two")]
    assert [obj["data"] for obj in informer.objects()] == [{"a": "2"}]


def test_a_dropped_watch_resumes_without_losing_or_repeating(
    api: FakeApi, informer: Informer, seen: Seen
) -> None:
    api.put("one", {})
    assert informer.start().wait_synced(WAIT)
    api.wait_watched()
    api.drop_watches()
    api.put("two", {})
    seen.wait_for(lambda events: ("ADDED", "two") in events)
    assert seen.events == [("ADDED", "one"), ("ADDED", "two")]
    lists = [path for method, path, _ in api.requests if method == "GET" and "watch=1" not in path]
    assert len([path for path in lists if "configmaps" in path]) == 1


def test_after_410_it_lists_again_and_tells_what_vanished(
    api: FakeApi, informer: Informer, seen: Seen
) -> None:
    api.put("one", {})
    api.put("two", {})
    assert informer.start().wait_synced(WAIT)
    api.wait_watched()
    api.drop_watches()
    api.remove("one")
    api.put("two", {"new": "1"})
    api.put("three", {})
    api.forget_history()
    seen.wait_for(lambda events: ("ADDED", "three") in events)
    assert {name for _, name in informer._store} == {"two", "three"}
    assert sorted(seen.events) == [
        ("ADDED", "one"),
        ("ADDED", "three"),
        ("ADDED", "two"),
        ("DELETED", "one"),
        ("MODIFIED", "two"),
    ]


def test_an_answer_of_our_own_write_is_not_overwritten_by_an_older_event(
    api: FakeApi, informer: Informer
) -> None:
    old = api.put("one", {"a": "old"})
    assert informer.start().wait_synced(WAIT)
    newer = {**old, "metadata": {**old["metadata"], "resourceVersion": "9999"}, "data": {"a": "new"}}
    informer.observe(newer)
    informer._take(WatchEvent("MODIFIED", old))
    found = informer.get("default", "one")
    assert found is not None
    assert found["data"] == {"a": "new"}


def test_a_late_answer_does_not_bring_a_deleted_object_back(
    api: FakeApi, informer: Informer, seen: Seen
) -> None:
    obj = api.put("one", {})
    assert informer.start().wait_synced(WAIT)
    api.remove("one")
    seen.wait_for(lambda events: ("DELETED", "one") in events)
    late = {**obj, "metadata": {**obj["metadata"], "resourceVersion": "9999"}}
    informer.observe(late)
    assert informer.objects() == []
    again = {**late, "metadata": {**late["metadata"], "uid": "another"}}
    informer.observe(again)
    assert informer.objects() == [again]


def test_a_kind_that_is_not_served_counts_as_empty(client: Client) -> None:
    informer = Informer(client, "v1", "Unicorn").start()
    try:
        assert informer.wait_synced(WAIT)
        assert informer.objects() == []
    finally:
        informer.stop()


def test_stop_ends_the_thread_that_waits_in_a_watch(api: FakeApi, informer: Informer) -> None:
    assert informer.start().wait_synced(WAIT)
    informer.stop()
    informer._thread.join(WAIT)
    assert not informer._thread.is_alive()


def restarted(api: FakeApi) -> None:
    """What follows on a restart of a server: no watch goes on, and none resumes from before."""
    api.drop_watches()
    api.forget_history()


def test_what_the_process_wrote_itself_is_told_though_its_event_is_lost(
    api: FakeApi, informer: Informer, seen: Seen
) -> None:
    api.put("changed", {})
    assert informer.start().wait_synced(WAIT)
    api.wait_watched()
    restarted(api)
    # Nobody watches at this moment: the answer is all that the process learns.
    informer.observe(api.put("changed", {"own": "1"}))
    informer.observe(api.put("made", {}))
    api.forget_history()
    seen.wait_for(lambda events: len(events) >= 3)
    assert sorted(seen.events[1:]) == [("ADDED", "made"), ("MODIFIED", "changed")]


def test_what_was_told_is_not_told_again_by_a_later_list(
    api: FakeApi, informer: Informer, seen: Seen
) -> None:
    assert informer.start().wait_synced(WAIT)
    informer.observe(api.put("made", {}))
    seen.wait_for(lambda events: ("ADDED", "made") in events or ("MODIFIED", "made") in events)
    restarted(api)
    api.put("other", {})
    api.forget_history()
    seen.wait_for(lambda events: events[-1] == ("ADDED", "other"))
    assert [name for _, name in seen.events] == ["made", "other"]


def test_a_list_from_before_a_write_does_not_undo_it(api: FakeApi, informer: Informer, seen: Seen) -> None:
    before = informer._client.list("v1", "ConfigMap")
    informer.observe(api.put("made", {}))
    informer._replace(before.items, before.resource_version)
    assert [obj["metadata"]["name"] for obj in informer.objects()] == ["made"]
    assert seen.events == []
    informer.start()
    seen.wait_for(lambda events: ("ADDED", "made") in events)


NOT_SERVED = {"kind": "Status", "code": 404, "reason": "NotFound"} | {
    "message": "the server could not find the requested resource"
}


def test_paths_that_are_not_served_while_the_server_starts_take_no_object_away(
    api: FakeApi, informer: Informer, seen: Seen
) -> None:
    api.put("one", {})
    assert informer.start().wait_synced(WAIT)
    api.wait_watched()
    for _ in range(3):
        api.answer_next("GET", COLLECTION, 404, NOT_SERVED, {})
        api.answer_next("GET", "/readyz", 500, {}, {})
    api.drop_watches()
    api.put("two", {})
    seen.wait_for(lambda events: ("ADDED", "two") in events)
    assert seen.events == [("ADDED", "one"), ("ADDED", "two")]


def test_a_kind_that_a_ready_server_serves_no_more_has_no_objects_until_it_is_served_again(
    api: FakeApi, informer: Informer, seen: Seen
) -> None:
    api.put("one", {})
    assert informer.start().wait_synced(WAIT)
    api.wait_watched()
    api.answer_next("GET", COLLECTION, 404, NOT_SERVED, {})
    api.drop_watches()
    seen.wait_for(lambda events: len(events) == 3)
    assert seen.events == [("ADDED", "one"), ("DELETED", "one"), ("ADDED", "one")]


def test_a_request_that_waits_for_the_server_ends_with_its_informer(api: FakeApi) -> None:
    told: list[str] = []
    waits = threading.Event()

    def waiting(error: PkgopsError) -> None:
        told.append(error.what)
        waits.set()

    client = Client(Transport(Endpoint(server=api.url, name="fake"))).retrying(3600.0, waiting, known=True)
    api.close()
    informer = Informer(client, "v1", "ConfigMap").start()
    assert waits.wait(WAIT)
    informer.stop()
    informer._thread.join(WAIT)
    assert not informer._thread.is_alive()
    assert told == [f"cannot reach the API server of fake at {api.url}"]
