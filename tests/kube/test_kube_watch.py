"""A watch is stopped by one thread while another reads: only that one gives the connection up."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from pkgops.kube import Unreachable
from pkgops.kube.endpoint import Endpoint
from pkgops.kube.watch import Watch

EVENT = b'{"type": "ADDED", "object": {"metadata": {"name": "one"}}}\n'


class Stream:
    """An answer that http.client would read: it lasts until it is shut down, and notes who closes it."""

    def __init__(self) -> None:
        self.ended = threading.Event()
        self.closed_by: list[int] = []

    def __iter__(self) -> Iterator[bytes]:
        yield EVENT
        assert self.ended.wait(20)

    def shutdown(self) -> None:
        self.ended.set()

    def close(self) -> None:
        self.closed_by.append(threading.get_ident())


class StreamTransport:
    """Gives that one answer."""

    def __init__(self, stream: Stream) -> None:
        self.endpoint = Endpoint(server="http://127.0.0.1:1", name="one")
        self._stream = stream

    def stream(self, path, *, query, read_seconds):
        return self._stream

    def lines(self, answer):
        return iter(answer)


@pytest.fixture
def stream():
    return Stream()


@pytest.fixture
def watch(stream):
    return Watch(StreamTransport(stream), "/x", {})


def test_who_stops_a_watch_does_not_close_what_another_thread_reads(stream, watch):
    names: list[str] = []

    def read() -> None:
        names.extend(event.object["metadata"]["name"] for event in watch)
        watch.close()

    reader = threading.Thread(target=read)
    reader.start()
    watch.stop()
    reader.join(20)
    assert not reader.is_alive()
    assert set(stream.closed_by) == {reader.ident}
    assert names in ([], ["one"])


def test_a_stopped_watch_gives_no_more_events(stream, watch):
    watch.stop()
    assert list(watch) == []
    assert stream.closed_by == [threading.get_ident()]


def test_an_event_that_is_cut_off_is_a_connection_that_broke(stream, watch):
    watch._lines = iter([EVENT, EVENT[:20]])
    assert next(watch).object["metadata"]["name"] == "one"
    with pytest.raises(Unreachable):
        next(watch)
