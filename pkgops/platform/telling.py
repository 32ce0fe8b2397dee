"""Tells objects, once, that their reconciler fails or is held."""

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
    failures_until_reported,
    sentence,
)
from pkgops.platform.queue import Key

log = logging.getLogger(__name__)

LIMITED = "TooManyReconciles"


@dataclass(slots=True, kw_only=True)
class Telling:
    """What one controller tells its objects.

    Attributes:
        name: the controller's name.
        find: returns an object by its key.
        save: writes an object's status.
        event: records a warning about an object: reason, message.
        now: returns the present moment.
        counter: counts errors.
        failed: the kind's own way of saying "failed"; None where it has none, and the event must do.
    """

    name: str
    find: Callable[[Key], Obj | None]
    save: Callable[[Obj, Obj], Obj]
    event: Callable[[Obj, str, str], None]
    now: Callable[[], datetime]
    counter: ErrorCounter
    failed: Failed | None
    _told: dict[Key, str] = field(default_factory=dict)

    def failure(self, key: Key, error: Exception, failures: int) -> None:
        """Write an unexpected error to an object, when it is not the first in a row."""
        if isinstance(error, AlreadyReported):
            return
        count = self.counter.count(self.name)
        if not isinstance(error, PkgopsError):
            log.warning("error %d of %s that no code foresees", count, self.name)
        obj = self.find(key)
        if obj is None or failures < failures_until_reported(error):
            return
        text = sentence(error)
        self._write_status(obj, text)
        told = f"{obj['metadata'].get('uid')} {text}"
        if self._told.get(key) != told:
            self._told[key] = told
            self.event(obj, REASON, text)

    def limit(self, key: Key) -> None:
        """Tell an object that it is looked at too often."""
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
class MappingFailures:
    """Tells an object, once, that a controller which works on others because of it does not learn of it.

    Attributes:
        event: records a warning about an object: reason, message.
        counter: counts errors.
    """

    event: Callable[[Obj, str, str], None]
    counter: ErrorCounter
    _told: set[tuple[str, str]] = field(default_factory=set)

    def tell(self, controller: str, obj: Obj, error: Exception) -> None:
        """Tell an object of a change that led to no controller; only another change is another try."""
        self.counter.count(controller)
        text = f"{controller} did not take notice of this object: {sentence(error)}"
        told = str(obj["metadata"].get("uid")), text
        # An event about an event would be mapped in turn.
        if obj.get("kind") != "Event" and told not in self._told:
            self._told.add(told)
            self.event(obj, REASON, text)
