"""Many workloads that each came to what one run of a recording came to."""

from __future__ import annotations

import json

from shared_traces import lines

TRACE = "fifth-run"
EVENTS = 20
"""As many Events of each workload are kept."""
APP_LABEL = "kapp.k14s.io/app"


def last_objects(trace=TRACE, events=EVENTS):
    """Return the last form of each object of a recording."""
    found = {}
    for line in list(lines(trace))[1:]:
        obj = line["object"]
        key = obj["kind"], obj["metadata"].get("namespace", ""), obj["metadata"]["name"]
        if line["type"] == "DELETED":
            found.pop(key, None)
        elif line["type"] in ("ADDED", "MODIFIED"):
            found[key] = obj
    told = [key for key in found if key[0] == "Event"]
    for key in told[events:]:
        del found[key]
    return list(found.values())


def many(count, trace=TRACE, events=EVENTS):
    """Yield the objects of so many workloads, ``app-0000`` and so on, with names and owners of their own."""
    objects = last_objects(trace, events)
    apps = {str((one["metadata"].get("labels") or {}).get(APP_LABEL) or "") for one in objects} - {""}
    yield from (one for one in objects if not one["metadata"].get("namespace"))
    for number in range(count):
        for one in objects:
            if one["metadata"].get("namespace"):
                yield _as(one, number, apps)


def _as(obj, number, apps):
    text = json.dumps(obj).replace("hello-go", f"app-{number:04d}")
    for app in apps:
        text = text.replace(app, f"{app}{number:04d}")
    made = json.loads(text)
    made["metadata"]["uid"] += f"-{number}"
    for owner in made["metadata"].get("ownerReferences") or ():
        owner["uid"] += f"-{number}"
    return made
