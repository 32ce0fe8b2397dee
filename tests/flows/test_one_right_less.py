"""Whoever lacks the right to one kind in one place is told the same as an administrator, or what is unknown.

Never something else: neither that all is well, nor that something is missing, failed or gone.
"""

from __future__ import annotations

import re

import pytest
from memory_api import MemoryApi
from shared_traces import lines

from pkgops.kube.discovery import plural

MOMENTS = {"at rest": ("fourth-run", 200.0), "a failed test": ("fifth-run", 21.0)}
ASKED = [
    ("status", "--exit-code"),
    ("why",),
    ("trace",),
    ("history",),
    ("timeline",),
    ("logs", "--stage", "test"),
    ("logs", "--stage", "serve"),
]
SPACES = ("", "default", "apps-dev", "apps-prod")
AGES = re.compile(r"\b(\d+(\.\d+)?[smhd])+( ago)?\b")


def kinds(recording):
    """The group, the resource and the namespace of everything that a recording has."""
    found = set()
    for line in lines(recording):
        obj = line["object"]
        group = obj["apiVersion"].rpartition("/")[0]
        found.add((group, plural(obj["kind"]), obj["metadata"].get("namespace", "")))
    return sorted(found)


CASES = [
    (moment, *kind)
    for moment, (recording, _) in MOMENTS.items()
    for kind in kinds(recording)
    # What failed in the supply chain changes nothing for the environments.
    if kind[1] not in ("namespaces", "nodes") and (moment == "at rest" or kind[2] in ("", "default"))
]


def said(ended):
    return AGES.sub("T", ended.out + ended.err)


@pytest.fixture(scope="module")
def servers():
    """A server for each moment, and what an administrator is told there: played and asked once."""
    made = {}
    yield made
    for api, _ in made.values():
        api.close()


def at(commands, servers, moment):
    """Type commands on the server of a moment; return what an administrator is told there."""
    if moment not in servers:
        api = commands.api = MemoryApi()
        commands.play(*MOMENTS[moment])
        servers[moment] = api, {argv: commands(*argv) for argv in ASKED}
    commands.api, whole = servers[moment]
    commands.api.rules.clear()
    return whole


@pytest.mark.parametrize(("moment", "group", "resource", "namespace"), CASES)
def test_what_may_not_be_read_is_unknown_and_nothing_else(
    commands, servers, moment, group, resource, namespace
):
    administrator = at(commands, servers, moment)
    for served in commands.api.served:
        lacks = (served.group, served.plural) == (group, resource)
        # Who may not list a kind in one namespace may not list it in all of the cluster either.
        kept = [space for space in SPACES if not (lacks and space in ("", namespace))]
        resources = [served.plural, *(["pods/log"] if served.plural == "pods" and not lacks else [])]
        commands.api.bind(
            "jane", [{"apiGroups": [served.group], "resources": resources, "verbs": ["*"]}], *kept
        )
    for argv in ASKED:
        whole, ended = administrator[argv], commands(*argv, user="jane")
        if (said(ended), ended.code) == (said(whole), whole.code):
            continue
        told = " ".join(said(ended).split())
        assert f"jane may not list {resource}" in told or f"jane may not get {resource}" in told, (
            argv,
            ended,
        )
        assert ended.code in (3, whole.code), (argv, ended)
        # The server's own words stand below them at most.
        assert "is forbidden: User" not in told.partition(" may not ")[0], (argv, ended)
