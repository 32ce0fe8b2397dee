"""A pure state machine of ``dev``: saves, keys and the ends of runs in, actions out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pkgops.flows.run import superseded
from pkgops.model.revision import short_commit
from pkgops.settings import DEFAULT_FILES

GATHERED = timedelta(milliseconds=300)
"""For how long after its first file a save is gathered: editors, formatters and checkouts write several."""

LISTED = 3


@dataclass(frozen=True, slots=True)
class Saved:
    """Files of the folder changed; ``at`` is when the first of them was noticed."""

    names: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class Pushed:
    """The folder is this commit on the Git server."""

    commit: str


@dataclass(frozen=True, slots=True)
class NotPushed:
    """The folder could not be committed; the person was shown why."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The run that is followed has ended."""

    well: bool


@dataclass(frozen=True, slots=True)
class Pressed:
    """A key was pressed; ``at`` is when."""

    key: str
    at: datetime


Input = Saved | Pushed | NotPushed | Ended | Pressed


@dataclass(frozen=True, slots=True)
class Push:
    """Make a commit of the folder; of unchanged content too where it is to run ``again``."""

    again: bool = False


@dataclass(frozen=True, slots=True)
class Follow:
    """Follow this commit, and no longer any other."""

    commit: str


@dataclass(frozen=True, slots=True)
class Note:
    """Show the person a sentence."""

    text: str


@dataclass(frozen=True, slots=True)
class ShowAnswer:
    """Request the application, and show its answer and the time since ``since``, which was ``what``."""

    since: datetime
    what: str


@dataclass(frozen=True, slots=True)
class ShowOlder:
    """Show whether the previous version still answers."""


@dataclass(frozen=True, slots=True)
class ShowLog:
    """Show so many of the last lines of the log of the step that works."""

    lines: int


@dataclass(frozen=True, slots=True)
class SetTests:
    """Turn the test of the source on or off."""

    on: bool


@dataclass(frozen=True, slots=True)
class Open:
    """Open the application in a browser."""


@dataclass(frozen=True, slots=True)
class Quit:
    """End, and prompt the user for what to keep."""


Action = Push | Follow | Note | ShowAnswer | ShowOlder | ShowLog | SetTests | Open | Quit

KEYS = {"r": "again", "l": "logs", "o": "open", "t": "tests on/off", "q": "quit"}
"""The keys and their meaning; all others are ignored."""

SHORT_LOG, LONG_LOG = 4, 20
START, SAVE, KEY = "the start", "the save", "the key"


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """The state between two inputs.

    Attributes:
        since: when the cause of the run was noticed, and ``what`` that was.
        commit: the commit that is followed, or was followed last.
        running: whether its run has not ended.
        coming: ``since`` and ``what`` of the commit that is being pushed; None while nothing is.
        long: whether many lines of the log are shown.
        tests: whether the source is tested.
    """

    since: datetime
    what: str = START
    commit: str = ""
    running: bool = False
    coming: tuple[datetime, str] | None = None
    long: bool = False
    tests: bool = True


def step(state: State, found: Input) -> tuple[State, tuple[Action, ...]]:
    """Take one input; return the state after it and what is to be done, in this order."""
    match found:
        case Saved(names, at):
            notes = [Note(f"saved: {listed(names)}")]
            notes += [
                Note(f"{name} is read at the start only: end pkgops dev and start it again")
                for name in names
                if name in DEFAULT_FILES
            ]
            return replace(state, coming=(at, SAVE)), (*notes, Push())
        case Pressed(key, at):
            return _pressed(state, key, at)
        case NotPushed():
            return replace(state, coming=None), ()
        case Pushed(commit):
            return _pushed(state, commit)
        case Ended(well):
            after = replace(state, running=False)
            return after, (ShowAnswer(state.since, state.what) if well else ShowOlder(),)


def _pressed(state: State, key: str, at: datetime) -> tuple[State, tuple[Action, ...]]:
    match key:
        case "r":
            return replace(state, coming=(at, KEY)), (Push(again=True),)
        case "l":
            return replace(state, long=not state.long), (ShowLog(SHORT_LOG if state.long else LONG_LOG),)
        case "t":
            return replace(state, tests=not state.tests), (SetTests(not state.tests),)
        case "o":
            return state, (Open(),)
        case "q":
            return state, (Quit(),)
    return state, ()


def _pushed(state: State, commit: str) -> tuple[State, tuple[Action, ...]]:
    since, what = state.coming or (state.since, state.what)
    if commit == state.commit:
        message = "is being built already" if state.running else "has run already; nothing changed"
        return replace(state, coming=None), (Note(f"commit {short_commit(commit)} {message}"),)
    after = replace(state, since=since, what=what, commit=commit, running=True, coming=None)
    if not state.running:
        return after, (Follow(commit),)
    message = f"{superseded.sentence(state.commit, commit)}, which is not followed any more"
    return after, (Note(message), Follow(commit))


def listed(names: tuple[str, ...]) -> str:
    """Return file names as text; of many only the first ones."""
    more = len(names) - LISTED
    return ", ".join(names[:LISTED]) + (f" and {more} more" if more > 0 else "")


class Gathering:
    """Gathers the files of one save, from the first change on for a fixed time."""

    def __init__(self) -> None:
        self._names: dict[str, None] = {}
        self._since: datetime | None = None

    def take(self, names: tuple[str, ...], now: datetime) -> Saved | None:
        """Take the files that changed since the last call, which may be none; return a complete save."""
        if names and self._since is None:
            self._since = now
        self._names |= dict.fromkeys(names)
        if self._since is None or now - self._since < GATHERED:
            return None
        found = Saved(tuple(self._names), self._since)
        self._names, self._since = {}, None
        return found
