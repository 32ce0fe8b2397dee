"""The page's server: who may ask, what is told, and that it ends."""

from __future__ import annotations

import http.client
import json
import queue
import threading

import pytest
from hostile_page import hostile

from pkgops.errors import StepFailed
from pkgops.view import page_access, page_app, page_server


def no_log(namespace, pod, container):
    return iter(())


@pytest.fixture
def server():
    served = page_server.PageServer(no_log)
    served.latest.put(hostile("one"))
    served.begin()
    yield served
    served.end()


def ask(server, path, method="GET", **headers):
    connection = http.client.HTTPConnection(page_access.HOST, server.port, timeout=20)
    headers = {"Host": f"127.0.0.1:{server.port}", **headers}
    connection.putrequest(method, path, skip_host=True)
    headers.setdefault("Cookie", f"pkgops={server.access.secret}")
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders()
    return connection.getresponse()


def events(answer):
    """Yield the data of each event."""
    for line in answer:
        if line.startswith(b"data: "):
            yield json.loads(line[6:])


def test_the_page_is_served_to_who_knows_its_address(server):
    answer = ask(server, f"/{server.access.token}/")
    text = answer.read().decode()
    assert answer.status == 200
    assert '"events":"events"' in text
    assert "connect-src 'self'" in text
    assert answer.getheader("Cache-Control") == "no-store"
    assert server.address == f"http://127.0.0.1:{server.port}/{server.access.token}/"


@pytest.mark.parametrize("path", ["/", "/events", "/x/", "/x/events", "//", "/{token}x/", "/%00/"])
def test_without_the_token_nothing_is_told(server, path):
    answer = ask(server, path.replace("{token}", server.access.token))
    assert (answer.status, answer.read().decode()) == (403, page_app.REFUSAL)


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "evil.example:80"},
        {"Host": ""},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
    ],
)
@pytest.mark.parametrize("path", ["", "events"])
def test_other_hosts_and_other_sites_are_refused(server, headers, path):
    assert ask(server, f"/{server.access.token}/{path}", **headers).status == 403


def test_nothing_but_reading_is_served(server):
    own = {"Origin": f"http://127.0.0.1:{server.port}"}
    for method in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
        for path in ("", "events"):
            assert ask(server, f"/{server.access.token}/{path}", method, **own).status == 405
            assert ask(server, f"/{server.access.token}/{path}", method).status == 403
    assert ask(server, f"/{server.access.token}/../etc/passwd").status == 404


def test_without_the_page_s_cookie_nothing_but_the_page_is_told(server):
    given = ask(server, f"/{server.access.token}/", Cookie="").getheader("Set-Cookie")
    assert given == f"pkgops={server.access.secret}; Path=/{server.access.token}/; HttpOnly; SameSite=Strict"
    for cookie in ("", "pkgops=", "pkgops=x", "other=1", f"pkgops={server.access.token}", '"[=;'):
        assert ask(server, f"/{server.access.token}/events", Cookie=cookie).status == 403


def test_every_answer_says_what_a_browser_may_do_with_it(server):
    for path in ("/", f"/{server.access.token}/", f"/{server.access.token}/nothing"):
        answer = ask(server, path)
        assert {name: answer.getheader(name) for name in page_app.HEADERS} == page_app.HEADERS
        assert answer.getheader("Server") is None


def test_no_other_site_may_frame_the_page_or_read_it(server):
    answer = ask(server, f"/{server.access.token}/")
    wanted = {"X-Frame-Options": "DENY", "Cross-Origin-Resource-Policy": "same-origin"}
    wanted |= {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
    assert {name: answer.getheader(name) for name in wanted} == wanted


def test_every_viewer_is_told_of_every_change(server):
    told = [events(ask(server, f"/{server.access.token}/events")) for _ in range(20)]
    assert {next(one)["title"] for one in told} == {"one"}
    server.latest.put(hostile("two\n\ndata: forged"))
    assert {next(one)["title"] for one in told} == {"two\n\ndata: forged"}


def test_viewers_beyond_the_limit_are_told_so(server):
    answers = [ask(server, f"/{server.access.token}/events") for _ in range(page_app.VIEWERS)]
    assert {answer.status for answer in answers} == {200}
    assert ask(server, f"/{server.access.token}/events").status == 503


def test_at_its_end_no_viewer_is_kept_waiting():
    server = page_server.PageServer(no_log)
    server.latest.put(hostile("one"))
    server.begin()
    answer = ask(server, f"/{server.access.token}/events")
    ended = threading.Thread(target=answer.read)
    ended.start()
    server.end()
    ended.join(20)
    assert not ended.is_alive()


BOX = "logs?namespace=two&pod=two&container=two"


def test_the_log_of_a_container_on_the_page_is_followed(logging):
    server, written, _ = logging
    told = events(ask(server, f"/{server.access.token}/{BOX}"))
    written.put("one \x1b[31mred")
    first = next(told)
    assert (first["from"], first["lines"], first["ended"]) == (0, ["one red"], False)
    written.put("two\n\ndata: forged")
    assert next(told)["lines"] == ["two\n\ndata: forged"]
    written.put(None)
    assert next(told)["ended"]
    assert list(told) == []


def test_a_log_is_read_once_and_told_from_its_beginning_to_who_comes_later(logging):
    server, written, asked = logging
    first = events(ask(server, f"/{server.access.token}/{BOX}"))
    written.put("one")
    assert next(first)["lines"] == ["one"]
    second = events(ask(server, f"/{server.access.token}/{BOX}"))
    assert next(second)["lines"] == ["one"]
    written.put("two")
    assert (next(first)["lines"], next(second)["lines"]) == (["two"], ["two"])
    assert asked == [("two", "two", "two")]


def test_a_log_that_cannot_be_read_says_why(logging):
    server, written, _ = logging
    written.put(StepFailed("the pod is gone", slug="gone"))
    (told,) = events(ask(server, f"/{server.access.token}/{BOX}"))
    assert (told["lines"], told["ended"], told["problem"]) == ([], True, "the pod is gone")


@pytest.mark.parametrize("query", ["", "?namespace=kube-system&pod=etcd&container=etcd", "?pod=two"])
def test_no_log_of_another_pod_is_read(logging, query):
    server, _, asked = logging
    assert ask(server, f"/{server.access.token}/logs{query}").status == 404
    assert asked == []


@pytest.fixture
def logging():
    """A server, what writes the log of its only container, and the logs that were asked for."""
    written, asked = queue.SimpleQueue(), []

    def read(*container):
        asked.append(container)
        for line in iter(written.get, None):
            if isinstance(line, Exception):
                raise line
            yield line

    served = page_server.PageServer(read)
    served.latest.put(hostile("two"))
    served.begin()
    yield served, written, asked
    written.put(None)
    served.end()
