"""How long a part that runs and does not answer is waited for: a part that works is slow, any other hangs.

A busy machine makes an API server answer after ten seconds and more; to start it again then takes away what
it has done so far, and makes the machine busier. So it is asked with more and more time for the answer, and
left alone for as long as it has processor time.
"""

from __future__ import annotations

from typing import Literal

from pkgops.local import probes

HANGS_SECONDS = 60.0
"""A part that was found running, and neither answers nor works for so long, hangs or was stopped."""
DEADLINE = 300.0
LONGEST_ANSWER = 15.0
SHARE = 0.01
"""Of one processor: a part that has more works. What hangs still wakes for its own timers."""

Step = Literal["wait", "again", "end"]


class Patience:
    """What to do about one part that does not answer yet. All seconds are of one steady clock.

    Args:
        now: when it was begun to wait.
        worked: the seconds of processor time that the part had by then.
        fresh: it was started just now; one that was found running may hang.
    """

    def __init__(self, now: float, worked: float, *, fresh: bool) -> None:
        self._begun = now
        self._fresh = fresh
        self._sign = (now, worked)

    def step(self, now: float, worked: float) -> Step:
        """Return what to do: wait on, start it again, or end with an error.

        Args:
            now: the seconds.
            worked: the seconds of processor time that the part has had.
        """
        if now > self._begun + DEADLINE:
            return "end" if self._fresh else "again"
        since, before = self._sign
        if now <= since + HANGS_SECONDS:
            return "wait"
        works = worked - before > SHARE * (now - since)
        self._sign = (now, worked)
        return "wait" if works or self._fresh else "again"

    def answer_seconds(self, now: float) -> float:
        """Return how long the next answer may take: the longer it is silent, the longer."""
        return min(LONGEST_ANSWER, max(probes.SECONDS, (now - self._begun) / 2))
