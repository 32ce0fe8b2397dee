"""``window``: when an environment may be changed, by a cron schedule in a time zone, holidays left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pkgops.errors import UsageError
from pkgops.flows.promotion.gates import clock
from pkgops.flows.promotion.gates.clock import Clock
from pkgops.flows.promotion.gates.rule import BadSpec, Case, Rule, State, Verdict
from pkgops.settings import parse_duration

_KEYS = ("schedule", "for", "timezone", "holidays")
_FIELDS = 5
_BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
"""A leap year follows: any schedule that ever matches, matches in the years after."""
_TRIED = 400
"""How many openings are tried before the gate has none: a bit more than the days of a year."""


@dataclass(frozen=True, slots=True)
class Spec:
    """When changes may happen.

    Attributes:
        schedule: when a window opens, as cron has it: minute, hour, day, month, weekday.
        lasts: how long it stays open.
        zone: the time zone of the hours and days.
        holidays: days on which nothing may change.
    """

    schedule: str
    lasts: timedelta
    zone: ZoneInfo
    holidays: frozenset[date] = frozenset()

    def opened(self, now: datetime) -> Iterator[datetime]:
        """Yield the opening times of windows that would be open now, the latest first."""
        from croniter import croniter  # type: ignore[import-untyped]

        # A window that opens this very second is open.
        times = croniter(self.schedule, now.astimezone(self.zone) + timedelta(seconds=1))
        for _ in range(_TRIED):
            begun: datetime = times.get_prev(datetime)
            if now - begun.astimezone(UTC) >= self.lasts:
                return
            yield begun

    def opens(self, now: datetime) -> datetime | None:
        """Return when the next window opens; None where holidays cover all that are tried."""
        from croniter import croniter

        times = croniter(self.schedule, now.astimezone(self.zone))
        found: Iterator[datetime] = (times.get_next(datetime) for _ in range(_TRIED))
        return next((moment for moment in found if moment.date() not in self.holidays), None)


def read(value: Any) -> Spec:
    """Read ``{schedule: "0 9 * * 1-4", for: 4h, timezone: Europe/Berlin, holidays: [2026-12-24]}``."""
    if not isinstance(value, Mapping) or set(value) - set(_KEYS) or not {"schedule", "for"} <= set(value):
        raise BadSpec("must be a map of schedule and for, with timezone and holidays where wanted")
    schedule = str(value["schedule"])
    _check(schedule)
    try:
        lasts = timedelta(seconds=parse_duration(str(value["for"]), "for"))
    except UsageError as error:
        raise BadSpec(error.what) from error
    return Spec(schedule, lasts, _zone(value.get("timezone")), _holidays(value.get("holidays") or []))


def _check(schedule: str) -> None:
    from croniter import CroniterBadCronError, CroniterBadDateError, croniter

    try:
        if len(schedule.split()) != _FIELDS:
            raise BadSpec(f"schedule {schedule!r} must have minute, hour, day, month and weekday")
        croniter(schedule, _BEGIN).get_next(datetime)
    except CroniterBadDateError as error:
        raise BadSpec(f"schedule {schedule!r} has no occurrence") from error
    except CroniterBadCronError as error:
        raise BadSpec(f"schedule {schedule!r} is not a cron schedule: {error}") from error


def _zone(name: Any) -> ZoneInfo:
    try:
        return ZoneInfo(str(name or "UTC"))
    except (KeyError, ValueError, OSError) as error:
        raise BadSpec(f"there is no time zone {name!r}; write one like Europe/Berlin or UTC") from error


def _holidays(items: Any) -> frozenset[date]:
    if not isinstance(items, list):
        raise BadSpec("holidays must be a list of days, as 2026-12-24")
    return frozenset(map(_day, items))


def _day(item: Any) -> date:
    try:
        return item if type(item) is date else date.fromisoformat(str(item))
    except ValueError as error:
        raise BadSpec(f"holidays are days, as 2026-12-24; {item!r} is not one") from error


def judge(spec: Spec, seen: Clock) -> Verdict:
    """Return whether a window is open; one that began on a holiday, or reaches into one, is closed."""
    now = seen.now.astimezone(spec.zone)
    note = f" ({seen.note})" if seen.note else ""
    holiday = now.date() in spec.holidays
    for begun in spec.opened(seen.now):
        if not holiday and begun.date() not in spec.holidays:
            end = (begun.astimezone(UTC) + spec.lasts).astimezone(spec.zone)
            return Verdict(
                state=State.PASS, evidence=f"the window of {_text(begun)} is open until {_text(end)}{note}"
            )
    why = f"{now:%Y-%m-%d} is a holiday" if holiday else "no window is open"
    opens = spec.opens(seen.now)
    remedy = f"wait until {_text(opens)}" if opens else "no window opens that is not on a holiday"
    return Verdict(state=State.PENDING, evidence=f"{why} at {_text(now)}{note}", remedy=remedy)


def _text(moment: datetime) -> str:
    return f"{moment:%a %Y-%m-%d %H:%M %Z}"


def gather(_: Spec, case: Case) -> Clock:
    """Read the time from the cluster of the environment."""
    return clock.of(case.client, case.ports)


RULE = Rule(read=read, judge=judge, gather=gather)
