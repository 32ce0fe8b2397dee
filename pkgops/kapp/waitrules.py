"""Custom wait rules: when a resource counts as done, by its conditions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pkgops.kapp.errors import KappError
from pkgops.kapp.identity import Obj
from pkgops.kapp.matchers import Matcher, any_of


@dataclass(frozen=True, slots=True)
class State:
    """The result of a wait check.

    Attributes:
        done: nothing more will happen.
        successful: whether it succeeded; only meaningful when done.
        message: why, as kapp prints it; may be empty.
        unblock: not done, but changes that wait for this resource may proceed.
    """

    done: bool
    successful: bool = False
    message: str = ""
    unblock: bool = False

    @property
    def word(self) -> str:
        """The state as the ``Rs`` column and the progress lines show it."""
        if not self.done:
            return "ongoing"
        return "ok" if self.successful else "fail"


OK = State(done=True, successful=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionMatcher:
    """One condition to match, and its meaning."""

    type: str
    status: str
    success: bool
    failure: bool
    unblock: bool
    observed: bool


@dataclass(frozen=True, slots=True)
class WaitRule:
    """The condition matchers for some resources."""

    matches: Matcher
    observed_generation: bool
    conditions: tuple[ConditionMatcher, ...]


def parse_wait_rule(raw: Mapping[str, Any]) -> WaitRule:
    """Return the rule of a ``waitRules`` entry.

    Raises:
        KappError: a rule written in Starlark, or an unknown matcher.
    """
    if raw.get("ytt"):
        raise KappError("Wait rules written in ytt (funcContractV1) are not supported here")
    conditions = tuple(_condition(item) for item in raw.get("conditionMatchers") or [])
    observed = bool(raw.get("supportsObservedGeneration"))
    return WaitRule(any_of(raw.get("resourceMatchers")), observed, conditions)


def _condition(raw: Mapping[str, Any]) -> ConditionMatcher:
    return ConditionMatcher(
        type=str(raw.get("type", "")),
        status=str(raw.get("status", "")),
        success=bool(raw.get("success")),
        failure=bool(raw.get("failure")),
        unblock=bool(raw.get("unblockChanges")),
        observed=bool(raw.get("supportsObservedGeneration")),
    )


def custom_state(obj: Obj, rule: WaitRule) -> State:
    """Return the state of a resource by a rule: failures first, then successes."""
    generation = obj.get("metadata", {}).get("generation")
    status = obj.get("status") or {}
    if rule.observed_generation and generation != status.get("observedGeneration"):
        return State(done=False, message=f"Waiting for generation {generation} to be observed")
    current = [pair for pair in _matched(obj, rule) if _is_current(pair, generation)]
    for wanted, condition in current:
        if wanted.failure:
            return State(done=True, message=_encountered("failure", wanted, condition))
    for wanted, condition in current:
        if wanted.success:
            return State(done=True, successful=True, message=_encountered("successful", wanted, condition))
    if len(current) < len(list(_matched(obj, rule))):
        text = f"Waiting for generation {generation} to be observed by status condition(s)"
        return State(done=False, message=text)
    return _open_state(current)


def _matched(obj: Obj, rule: WaitRule) -> Iterator[tuple[ConditionMatcher, Obj]]:
    for wanted in rule.conditions:
        for condition in (obj.get("status") or {}).get("conditions") or []:
            if (condition.get("type"), condition.get("status")) == (wanted.type, wanted.status):
                yield wanted, condition


def _is_current(pair: tuple[ConditionMatcher, Obj], generation: Any) -> bool:
    wanted, condition = pair
    return not wanted.observed or condition.get("observedGeneration") == generation


def _open_state(current: list[tuple[ConditionMatcher, Obj]]) -> State:
    for wanted, condition in current:
        if wanted.unblock:
            text = f"Encountered condition {wanted.type} == {wanted.status}: {condition.get('reason', '')}"
            return State(done=False, unblock=True, message=f"Allowing blocked changes to proceed: {text}")
    return State(done=False, message="No failing or successful conditions found")


def _encountered(what: str, wanted: ConditionMatcher, found: Obj) -> str:
    reason, message = found.get("reason", ""), found.get("message", "")
    return f"Encountered {what} condition {wanted.type} == {wanted.status}: {reason} (message: {message})"
