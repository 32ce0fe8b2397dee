"""The stages of a run as JUnit XML, for CI systems: a test case for each. Pure."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from pkgops.model import Blockage, Snapshot, Stage, State
from pkgops.view import changes

_NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that are not allowed in XML; logs contain some."""


def document(snapshot: Snapshot) -> str:
    """Return a test suite for each scope, in which a stage passes that is done for the followed commit.

    A waiting, working or unknown stage is skipped, since it has not ended.
    """
    root = ElementTree.Element("testsuites")
    for scope in dict.fromkeys(stage.scope for stage in snapshot.all_stages):
        stages = [stage for stage in snapshot.all_stages if stage.scope == scope]
        suite = ElementTree.SubElement(root, "testsuite", name=_clean(scope))
        for stage in stages:
            _case(suite, stage, snapshot)
        _count(suite)
    failed = [item for item in snapshot.blockages if item.state is State.FAILED]
    others = [item for item in failed if not any(_belongs(item, stage) for stage in snapshot.all_stages)]
    if others:
        suite = ElementTree.SubElement(root, "testsuite", name="pipeline")
        for item in others:
            case = ElementTree.SubElement(suite, "testcase", name=str(item.code), classname="pipeline")
            _failure(case, [item])
        _count(suite)
    _count(root)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _case(suite: ElementTree.Element, stage: Stage, snapshot: Snapshot) -> None:
    elapsed = stage.elapsed(snapshot.taken_at)
    seconds = f"{elapsed.total_seconds():.3f}" if elapsed is not None and not stage.still else "0"
    name = {"name": _clean(stage.title), "classname": _clean(f"{stage.scope}.{stage.name}"), "time": seconds}
    case = ElementTree.SubElement(suite, "testcase", name)
    causes = [item for item in snapshot.blockages if item.state is State.FAILED and _belongs(item, stage)]
    if causes or stage.state is State.FAILED:
        _failure(case, causes, changes.about(stage))
    elif stage.state is not State.DONE or stage.still or not stage.current:
        ElementTree.SubElement(case, "skipped", message=_clean(changes.sentence(stage)))


def _belongs(item: Blockage, stage: Stage) -> bool:
    return (item.scope, item.stage) == (stage.scope, stage.name)


def _failure(case: ElementTree.Element, causes: list[Blockage], otherwise: str = "") -> None:
    message = causes[0].cause if causes else otherwise
    kind = str(causes[0].code) if causes else "failed"
    failure = ElementTree.SubElement(case, "failure", message=_clean(message), type=kind)
    lines = [line for item in causes for line in _lines(item)]
    failure.text = _clean("\n".join(lines)) or None


def _lines(item: Blockage) -> list[str]:
    facts = [f"{fact.kind} {fact.object or ''}: {fact.text}" for fact in item.evidence]
    steps = [("next", item.next), ("again", item.again)]
    return [item.cause, *facts, *(f"{label}: {command}" for label, command in steps if command)]


def _count(element: ElementTree.Element) -> None:
    for name, tag in (("tests", "testcase"), ("failures", "failure"), ("skipped", "skipped")):
        element.set(name, str(len(list(element.iter(tag)))))


def _clean(text: str) -> str:
    return _NOT_XML.sub("?", text)
