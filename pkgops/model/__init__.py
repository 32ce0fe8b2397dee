"""The shared vocabulary: frozen values without I/O, clocks or third-party imports."""

from pkgops.model.causes import UNREADABLE, Blockage, CauseCode, Evidence, Unreadable
from pkgops.model.objects import Condition, ImageRef, ObjectRef
from pkgops.model.provenance import ImageChain, Match, ProvenanceStep
from pkgops.model.snapshot import Environment, Event, Snapshot
from pkgops.model.stages import Output, Stage, State, Verdict

__all__ = [
    "Blockage",
    "CauseCode",
    "Condition",
    "Environment",
    "Event",
    "Evidence",
    "ImageChain",
    "ImageRef",
    "Match",
    "ObjectRef",
    "Output",
    "ProvenanceStep",
    "Snapshot",
    "Stage",
    "State",
    "UNREADABLE",
    "Unreadable",
    "Verdict",
]
