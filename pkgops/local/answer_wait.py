"""How long to wait for a part that runs and does not answer: one that uses the processor is slow, any other
hangs.

On a busy machine an API server may answer after ten seconds and more; restarting it then loses its
progress, and makes the machine busier. So the timeout of its probe grows, and it is not restarted for as long
as it uses processor time.
"""

from __future__ import annotations

from typing import Literal

from pkgops.local import probes

HANGS_SECONDS = 60.0
"""A part found running that neither answers nor uses the processor for so long hangs or is stopped."""
DEADLINE = 300.0
LONGEST_ANSWER = 15.0
SHARE = 0.01
"""Share of one processor above which a part counts as working. One that hangs still runs its timers."""

Step = Literal["wait", "again", "end"]


class AnswerWait:
    """Decides what to do with a part that does not answer yet. All seconds are of one monotonic clock.

    Args:
        now: when waiting started.
        worked: the part's processor time until then, in seconds.
        fresh: it was started just now; one that was found running may hang.
    """

    def __init__(self, now: float, worked: float, *, fresh: bool) -> None:
        self._begun = now
        self._fresh = fresh
        self._sign = (now, worked)

    def step(self, now: float, worked: float) -> Step:
        """Return what to do: keep waiting, start it again, or end with an error.

        Args:
            now: the time.
            worked: the part's processor time, in seconds.
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
        """Return the timeout of the next probe, which grows with the time without an answer."""
        return min(LONGEST_ANSWER, max(probes.SECONDS, (now - self._begun) / 2))
