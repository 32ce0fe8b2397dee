"""The types that all packages share: frozen values without I/O, clocks or third-party imports."""

from pkgops.model.causes import UNREADABLE, Blockage, CauseCode, Evidence, NextStep, Unreadable
from pkgops.model.objects import Condition, ImageRef, ObjectRef
from pkgops.model.provenance import ImageChain, Match, ProvenanceStep
from pkgops.model.snapshot import Behind, Environment, Event, Snapshot
from pkgops.model.stage_objects import Container, ObjectState, StageObjects
from pkgops.model.stages import CHAIN, Output, Stage, StageStatus
from pkgops.model.states import State, Verdict
from pkgops.model.timeline import Phase, Run, Span, StageTimes, Step, Timeline

__all__ = [
    "CHAIN",
    "Behind",
    "StageObjects",
    "Blockage",
    "CauseCode",
    "Container",
    "Condition",
    "Environment",
    "Event",
    "Evidence",
    "ImageChain",
    "ImageRef",
    "Match",
    "NextStep",
    "ObjectRef",
    "ObjectState",
    "Output",
    "Phase",
    "ProvenanceStep",
    "Run",
    "Snapshot",
    "Span",
    "Stage",
    "StageStatus",
    "StageTimes",
    "State",
    "Step",
    "Timeline",
    "UNREADABLE",
    "Unreadable",
    "Verdict",
]
