"""Report failures and rate limits of controllers in the status and events of the objects."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from pkgops.errors import PkgopsError
from pkgops.kube import Obj
from pkgops.platform.backoff import RUNS_PER_MINUTE
from pkgops.platform.failures import (
    REASON,
    AlreadyReported,
    ErrorCounter,
    Failed,
    error_message,
    failures_until_reported,
)
from pkgops.platform.queue import Key

log = logging.getLogger(__name__)

LIMITED = "TooManyReconciles"


@dataclass(slots=True, kw_only=True)
class FailureReporter:
    """Reports the failures of one controller on its objects.

    Attributes:
        name: the controller's name.
        find: returns an object by its key.
        save: writes an object's status.
        event: records a warning event of an object, with reason and message.
        now: returns the current time.
        counter: counts errors.
        failed: returns the failed status of the kind; None if it has none, so that there is only the event.
    """

    name: str
    find: Callable[[Key], Obj | None]
    save: Callable[[Obj, Obj], Obj]
    event: Callable[[Obj, str, str], None]
    now: Callable[[], datetime]
    counter: ErrorCounter
    failed: Failed | None
    _reported: dict[Key, str] = field(default_factory=dict)

    def failure(self, key: Key, error: Exception, failures: int) -> None:
        """Write an unexpected error to the object's status and an event, after several failures in a row."""
        if isinstance(error, AlreadyReported):
            return
        count = self.counter.count(self.name)
        if not isinstance(error, PkgopsError):
            log.warning("unexpected error %d of %s", count, self.name)
        obj = self.find(key)
        if obj is None or failures < failures_until_reported(error):
            return
        text = error_message(error)
        self._write_status(obj, text)
        report = f"{obj['metadata'].get('uid')} {text}"
        if self._reported.get(key) != report:
            self._reported[key] = report
            self.event(obj, REASON, text)

    def limit(self, key: Key) -> None:
        """Record an event that the object is reconciled too often."""
        obj = self.find(key)
        if obj is not None:
            text = f"{self.name}: reconciled more than {RUNS_PER_MINUTE} times within a minute; held back"
            self.event(obj, LIMITED, text)

    def _write_status(self, obj: Obj, text: str) -> None:
        if self.failed is None:
            return
        try:
            self.save(obj, self.failed(obj, text, self.now()))
        except PkgopsError as error:
            log.warning("%s %s: cannot write the status: %s", self.name, obj["metadata"]["name"], error)


@dataclass(slots=True)
class MappingFailureReporter:
    """Reports, once, on an object that its change could not be mapped to the keys of a controller.

    Attributes:
        event: records a warning event of an object, with reason and message.
        counter: counts errors.
    """

    event: Callable[[Obj, str, str], None]
    counter: ErrorCounter
    _reported: set[tuple[str, str]] = field(default_factory=set)

    def report(self, controller: str, obj: Obj, error: Exception) -> None:
        """Record an event on an object whose change was not mapped; it is mapped again at its next change."""
        self.counter.count(controller)
        text = f"{controller} did not take notice of this object: {error_message(error)}"
        report = str(obj["metadata"].get("uid")), text
        # An event about an Event would be mapped as well.
        if obj.get("kind") != "Event" and report not in self._reported:
            self._reported.add(report)
            self.event(obj, REASON, text)
