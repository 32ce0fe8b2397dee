"""A server that did not answer a question has not said that a kind is not served."""

from __future__ import annotations

import pytest

from pkgops.kube import NotFound, Unreachable
from pkgops.kube.discovery import RETRY_SECONDS, Discovery

POD = {"name": "pods", "kind": "Pod", "namespaced": True}


class Server:
    """Does not answer the first questions, then serves what it has."""

    def __init__(self, silent, *resources):
        self.silent, self.resources, self.asked = silent, list(resources), 0

    def json(self, method, path):
        self.asked += 1
        if self.asked <= self.silent:
            raise Unreachable("cannot reach the API server")
        return {"resources": self.resources}


def test_a_question_without_an_answer_is_asked_again():
    server = Server(2, POD)
    discovery = Discovery(server, lambda: 0.0)
    for _ in range(2):
        with pytest.raises(Unreachable):
            discovery.resource("v1", "Pod")
    assert discovery.resource("v1", "Pod").plural == "pods"


def test_a_kind_that_is_not_served_is_asked_for_again_after_a_while():
    server, now = Server(0), [0.0]
    discovery = Discovery(server, lambda: now[0])
    for _ in range(2):
        with pytest.raises(NotFound):
            discovery.resource("v1", "Pod")
    assert server.asked == 1
    server.resources.append(POD)
    now[0] += RETRY_SECONDS
    assert discovery.resource("v1", "Pod").plural == "pods"
