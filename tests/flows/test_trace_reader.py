"""What a trace asks registries and what it makes of the answers, in memory and from a recording."""

from __future__ import annotations

import json

import pytest
from snapshot_kit import IMAGE

from pkgops.errors import Exit, StepFailed
from pkgops.flows import trace
from pkgops.model import CauseCode, ImageChain, Match, ProvenanceStep
from pkgops.pipeline.provenance_steps import RegistryAnswer


def chain(*steps):
    made = tuple(
        ProvenanceStep(name=name, object=None, value="", match=match, unreadable=unreadable)
        for name, match, unreadable in steps
    )
    return ImageChain(environment="dev", image=IMAGE, steps=made)


SAME, DIFFERS, UNKNOWN = Match.SAME, Match.DIFFERS, Match.UNKNOWN


@pytest.mark.parametrize(
    ("chains", "code"),
    [
        ([], Exit.DONE),
        ([chain(("pod", SAME, None))], Exit.DONE),
        # Leads to nothing, and yet nothing is broken.
        ([chain(("build", UNKNOWN, None))], Exit.DONE),
        ([chain(("build", UNKNOWN, CauseCode.MAY_NOT_READ))], Exit.UNREACHABLE),
        ([chain(("pod", DIFFERS, None))], Exit.FAILED),
        # A newer commit or package is no broken way back.
        ([chain(("commit", DIFFERS, None), ("push", DIFFERS, None))], Exit.DONE),
        ([chain(("commit", DIFFERS, None), ("package", DIFFERS, None))], Exit.FAILED),
        ([chain(("commit", DIFFERS, None), ("build", UNKNOWN, CauseCode.MAY_NOT_READ))], Exit.UNREACHABLE),
        ([chain(("build", UNKNOWN, CauseCode.MAY_NOT_READ)), chain(("pod", DIFFERS, None))], Exit.FAILED),
    ],
)
def test_the_exit_code_of_a_trace(chains, code):
    assert trace.Trace("hello", tuple(chains)).exit_code is code


@pytest.mark.parametrize(
    ("steps", "command"),
    [
        ([("image", UNKNOWN, None)], ""),
        ([("image", UNKNOWN, CauseCode.REGISTRY_FAILED)], "pkgops doctor"),
        ([("pod", SAME, None), ("build", UNKNOWN, CauseCode.MAY_NOT_READ)], "pkgops doctor --rbac watch"),
        # Nothing can be done about a kind that is not listed.
        (
            [("pod", UNKNOWN, CauseCode.NOT_LISTED), ("image", UNKNOWN, CauseCode.REGISTRY_FAILED)],
            "pkgops doctor",
        ),
    ],
)
def test_the_next_command_is_for_what_could_not_be_read(steps, command):
    assert trace.Trace("hello", (chain(*steps),)).next == command


ANSWERS = [
    RegistryAnswer(found=True, digest="sha256:" + "ab" * 32),
    RegistryAnswer(found=True, digest="sha256:" + "ab" * 32, locked=(IMAGE,)),
    RegistryAnswer(
        found=True, digest="sha256:" + "ab" * 32, labels=(("org.opencontainers.image.revision", "1"),)
    ),
    RegistryAnswer(found=False),
    RegistryAnswer(found=False, error="refused"),
]


@pytest.mark.parametrize("answer", ANSWERS)
def test_an_answer_is_read_back_from_a_recording_as_it_was(answer):
    kept = json.loads(json.dumps(trace.line(IMAGE, answer)))
    assert trace.recorded({IMAGE: kept})(IMAGE) == answer
    assert trace.recorded({IMAGE: kept})("r/other") is None


class Registry:
    """A registry client that raises, or counts how often it is asked."""

    def __init__(self, error=None):
        self.error, self.asked = error, []

    def digest(self, ref):
        self.asked.append(str(ref))
        raise self.error


def test_a_registry_that_cannot_be_asked_is_asked_once_and_its_error_is_kept():
    told = []
    registry = Registry(StepFailed("no answer"))
    reader = trace.RegistryReader(registry, told.append)
    answers = [reader.read(IMAGE) for _ in range(3)]
    assert {(one.found, one.error) for one in answers} == {(False, "no answer")}
    assert len(registry.asked) == len(told) == 1
    assert told[0]["error"] == "no answer"


def test_an_image_that_is_gone_is_not_an_error():
    from pkgops import oci

    reader = trace.RegistryReader(Registry(oci.NotFound("no such manifest")))
    assert reader.read(IMAGE) == RegistryAnswer(found=False)


def test_without_a_registry_nothing_is_said():
    assert trace.RegistryReader(None).read(IMAGE) is None
