"""Every key of the configuration with its default and its meaning, for the reference."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from pkgops.formats import yaml
from pkgops.settings import workloads
from pkgops.settings.layers import leaves
from pkgops.settings.load import ENVIRONMENT_VARIABLES, shipped_templates
from pkgops.settings.schema import OWN

_DESCRIPTION = re.compile(r'#@schema/desc "(.*)"')

OWN_MEANINGS = {
    "source": "Folder that `pkgops up` pushes to the local cluster's Git server, relative to its file; "
    "empty: the repository of git.url",
    "context": "The target cluster: a context of the kubeconfig; empty: the cluster on this machine",
    "kubeconfig": "The kubeconfig that has the contexts; empty: the one that kubectl reads",
    "environments": "The environments of the delivery, as name, namespace, (for another cluster) context, "
    "and gates of its changes; it starts in the first. `verify` lists checks, and `onFailure` (`keep` or "
    "`rollback`) decides what `promote --verify` does where one fails",
    "releases.keep": "How many records of releases are kept, of one workload in one environment; those of "
    "the current and of the last healthy release are kept whatever their age",
    "notify": "Who is notified of promotions, rollbacks, failed verifications and gates that refuse: `url`, "
    "`urlVariable` or `urlFile`; `tokenVariable` or `tokenFile`; `mode`; `events`",
    "templates": "Your own template folders or files; empty: the shipped ones",
    "ytt": "A ytt program to render with; empty: the built-in engine",
    "ignoreUnknownComments": "Accept comments in the templates that begin with neither `#@` nor `#!`, "
    "as ytt's `--ignore-unknown-comments`; otherwise they are errors",
    "record": "Name of the record of what was applied, as kapp writes it",
    "recordNamespace": "Namespace of that record",
    "registryPasswordFile": "File with the registry's password",
    "local.programs": "Where the local cluster gets its programs from: `download`, `compile`, "
    "or a folder that has them; empty: downloaded where that is possible, else compiled",
    "local.mirror": "A server with the same paths as the official one",
    "timeouts.up": "How long `pkgops up` waits",
    "timeouts.deliver": "How long `pkgops deliver` waits",
    "timeouts.promote": "How long `pkgops promote` waits",
    "timeouts.clean": "How long `pkgops clean` waits",
    "timeouts.stages.default": "How long a run may wait for one stage; further keys are stages by their name "
    "in the blueprint",
    "timeouts.stages.source-tester": "How long the test of the source may take",
    "timeouts.stages.image-builder": "How long the build of the image may take",
}

WORKLOADS = (
    "Several workloads in one configuration: each with name, the keys of `workload`, source, deliverable, "
    "and package, git and build where they differ; values that an item does not set are shared"
)


@dataclass(frozen=True, slots=True)
class Key:
    """One key: its dotted name, its default as JSON, its meaning, and the variable that sets it."""

    name: str
    default: str
    meaning: str
    variable: str = ""


def keys() -> list[Key]:
    """Return the keys of the shipped templates, then pkgops's own."""
    path = shipped_templates() / "schema.yaml"
    document = yaml.parse_positioned(path.read_text(), path.name)
    lines = path.read_text().splitlines()
    variables = {dotted: name for name, dotted in ENVIRONMENT_VARIABLES.items()}
    found: list[Key] = []
    for path_of, value in leaves({key: value for key, value in document.value.items() if key != "pkgops"}):
        name = ".".join(path_of)
        meaning = _above(lines, document.marks[path_of].line)
        found.append(Key(name, _default(value), meaning, variables.get(name, "")))
    found.append(Key(workloads.KEY, "[]", WORKLOADS))
    for path_of, value in leaves(OWN):
        name = ".".join(path_of)
        dotted = f"pkgops.{name}"
        found.append(Key(dotted, json.dumps(value), OWN_MEANINGS[name], variables.get(dotted, "")))
    return found


def _default(value: Any) -> str:
    """Return the default: of a list, whose schema has one example item, the empty list."""
    return "[]" if isinstance(value, list) else json.dumps(value)


def _above(lines: list[str], line: int) -> str:
    """Return the description in the annotations right above a line (which begins with 1)."""
    for text in reversed(lines[: line - 1]):
        if not text.strip().startswith("#@"):
            break
        match = _DESCRIPTION.search(text)
        if match:
            return match.group(1)
    return ""
