"""By how many versions an environment is behind the one before it, and since when."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime, timedelta

import pytest
import shared_traces

from pkgops.flows.next_command import next_command
from pkgops.model import Behind
from pkgops.pipeline import Scope, Tracker

RUN = "fifth-run"
NOW = datetime(2026, 11, 28, 23, 50, tzinfo=UTC)
FOCUS = (("dev", "apps-dev"), ("staging", "apps-staging"), ("prod", "apps-prod"))
LEFT = datetime(2026, 11, 28, 22, 52, 26, tzinfo=UTC)
"""When apps-dev got the Revision after the one whose image apps-prod runs."""


def last():
    """The last form of every object of a run at whose end prod is pinned to a version of long ago."""
    found = {}
    for line in shared_traces.lines(RUN):
        obj = copy.deepcopy(line["object"])
        key = (obj["kind"], obj["metadata"].get("namespace"), obj["metadata"]["name"])
        if line["type"] == "DELETED":
            found.pop(key, None)
        else:
            found[key] = obj
    return found


def snapshot(objects, environments=(FOCUS[0], FOCUS[2])):
    tracker = Tracker(Scope("default", "hello-go-web2pkg", environments), next_command)
    for obj in objects.values():
        tracker.apply("ADDED", obj)
    return tracker.snapshot(NOW)


def told(objects, environments=(FOCUS[0], FOCUS[2])):
    """How far each environment is behind, by its name."""
    return {env.name: env.behind for env in snapshot(objects, environments).environments}


def without(objects, kind, namespace):
    return {key: obj for key, obj in objects.items() if key[:2] != (kind, namespace)}


def scanned(objects, tags, count=None):
    """The same after scans that told of these tags, in Flux's order, and of so many in all."""
    result = {"latestTags": tags, "tagCount": len(tags) if count is None else count}
    for key, obj in objects.items():
        if key[0] == "ImageRepository":
            obj["status"]["lastScanResult"] = {**obj["status"]["lastScanResult"], **result}
    return objects


def installed(objects, namespace, version):
    for key, obj in objects.items():
        if key[:2] == ("PackageInstall", namespace):
            obj["status"] |= {"version": version, "lastAttemptedVersion": version}
    return objects


def test_the_versions_between_and_the_moment_when_the_other_one_left():
    assert told(last()) == {"dev": None, "prod": Behind("dev", 4, LEFT)}


def test_where_nothing_is_delivered_to_the_one_before_there_is_nothing_to_be_behind():
    assert told(last(), FOCUS)["prod"] is None


def test_what_cannot_be_read_of_the_one_before_is_unknown():
    gone = without(last(), "PackageInstall", "apps-dev")
    assert told(gone)["prod"] == Behind("dev")


def test_the_same_version_is_not_behind():
    same = installed(last(), "apps-prod", "0.1.1795909055")
    assert told(same)["prod"] == Behind("dev", 0)


def test_a_newer_version_is_not_behind():
    newer = installed(last(), "apps-prod", "0.2.0")
    assert told(newer)["prod"] == Behind("dev", 0)


OWN, DEV = "0.1.9", "0.1.11"


@pytest.mark.parametrize(
    ("tags", "count", "number"),
    [
        (["v0.1.9", "v0.1.11", "v0.1.10"], 3, 2),
        (["v0.1.9", "v0.1.11", "v0.1.10", "sha256-00.imgpkg", "latest"], 5, 2),
        (["v0.1.9", "v0.1.11"], 2, 1),
        (["v0.1.9", "v0.1.11"], 40, None),  # v0.1.10 is behind both as text, where the ten may have ended
        (["v0.1.9", "v0.1.10"], 2, None),  # scanned before that which runs came
    ],
)
def test_a_number_is_told_where_the_scan_told_of_all_between(tags, count, number):
    objects = installed(installed(last(), "apps-prod", OWN), "apps-dev", DEV)
    assert told(scanned(objects, tags, count))["prod"].versions == number


def test_ten_tags_of_many_are_enough_where_none_between_can_be_left_out():
    objects = installed(installed(last(), "apps-prod", "0.1.18"), "apps-dev", "0.1.21")
    assert told(scanned(objects, ["v0.1.21", "v0.1.20", "v0.1.18"], 400))["prod"].versions == 2


def next_package(objects):
    """The Package of the version after prod's, as dev once had it."""
    of_dev = (obj for obj in objects.values() if obj["kind"] == "Package")
    found = copy.deepcopy(next(obj for obj in of_dev if obj["metadata"]["namespace"] == "apps-dev"))
    found["spec"]["version"] = "0.1.1795906296"
    found["metadata"] |= {"name": "next.0.1.1795906296", "creationTimestamp": "2026-11-28T22:51:40Z"}
    return found


def test_without_a_revision_of_that_image_the_package_of_the_next_version_tells_since_when():
    objects = without(last(), "Revision", "apps-dev")
    assert told(objects)["prod"] == Behind("dev", 4)
    objects["Package", "apps-dev", "next"] = next_package(objects)
    assert told(objects)["prod"].since == LEFT - timedelta(seconds=46)


def test_where_two_versions_have_one_image_the_revisions_do_not_tell_since_when():
    text = json.dumps(list(last().values()))
    shown = snapshot(last()).environments
    for env in shown:
        text = text.replace(env.image.partition("@")[2], "sha256:" + "a" * 64)
    objects = {(obj["kind"], place): obj for place, obj in enumerate(json.loads(text))}
    objects["Package", "next"] = next_package(objects)
    assert told(objects)["prod"] == Behind("dev", 4, LEFT - timedelta(seconds=46))
