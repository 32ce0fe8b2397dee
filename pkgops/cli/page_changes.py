"""The changes of a page of ``pkgops ui --allow-changes``, by the flows of rerun, promote and rollback."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from io import StringIO
from typing import TYPE_CHECKING

from pkgops.cli.promote import changes_text, gates_text, table_text
from pkgops.errors import PkgopsError, RefusedError
from pkgops.flows.ports import Ports
from pkgops.flows.record import cleaned
from pkgops.view import lines
from pkgops.view.page_changes import ChangeRequest, Plan

if TYPE_CHECKING:
    from datetime import datetime

    from pkgops.flows.promotion.change import Promotion
    from pkgops.flows.promotion.plan import Plan as PromotionPlan
    from pkgops.flows.run.deadlines import Limits
    from pkgops.flows.target import Target
    from pkgops.model import Event

Report = Callable[[str], None]


def masked(text: str) -> str:
    """Return a message without user names and passwords in URLs."""
    return str(cleaned(text))


@contextmanager
def masked_errors() -> Iterator[None]:
    """Mask the message of an error of the block: a server's response may repeat a URL."""
    try:
        yield
    except PkgopsError as error:
        error.what, error.why, error.next = map(masked, (error.what, error.why, error.next))
        raise


@dataclass(frozen=True, kw_only=True)
class PageChanges:
    """Plans changes of one workload; ``options`` are those of a command for the same cluster."""

    target: Target
    name: str
    limits: Limits
    options: Sequence[str] = ()
    ports: Ports = field(default_factory=Ports)

    def plan(self, wanted: ChangeRequest) -> Plan:
        """Return the plan of a change.

        Raises:
            PkgopsError: there is nothing to do, or it cannot be planned.
        """
        with masked_errors():
            found = self._planned(wanted)

        def run(report: Report) -> str:
            with masked_errors():
                return found.run(report)

        return replace(found, run=run)

    def _planned(self, wanted: ChangeRequest) -> Plan:
        if wanted.action == "rerun":
            return self._rerun(wanted)
        look = self._promote if wanted.action == "promote" else self._rollback
        return self._of_promotion(wanted, look(wanted.environment, "", None, self.ports), look)

    def _rerun(self, wanted: ChangeRequest) -> Plan:
        from pkgops.flows import read_snapshot, stages

        snapshot = read_snapshot.read_snapshot(self.target, self.name, self.ports)
        found = stages.named(
            read_snapshot.stages_in(self.target, snapshot, wanted.environment), wanted.stage
        )[0]
        where = ["--env", wanted.environment] if wanted.environment else []

        def run(report: Report) -> str:
            from pkgops.flows import rerun

            done = rerun.rerun(
                self.target, self.name, wanted.stage, self._reporting(report), wanted.environment
            )
            return f"{done.stage}: {done.how} {done.object}"

        return Plan(
            command=self._command("rerun", "--stage", wanted.stage, *where),
            question=f"Start {found.title} ({found.name}) of {self.name} on {self.target.name} again?",
            text="one new run with the same inputs",
            refused="",
            run=run,
        )

    def _of_promotion(self, wanted: ChangeRequest, found: Promotion, look: Callable[..., Promotion]) -> Plan:
        from pkgops.flows.promotion import plan as plans
        from pkgops.flows.read_snapshot import environment_setting

        version, environment = found.after.version, found.environment
        server = self.target.clusters.of(environment_setting(self.target, environment)).server
        kept = plans.of(found, server)
        to, chosen = ("--to", "--version") if wanted.action == "promote" else ("--env", "--to")
        left = [one.gate.name for one in found.gates if not one.passes]

        def run(report: Report) -> str:
            try:
                return masked(table_text(look(environment, version, kept, self._reporting(report))))
            except RefusedError as error:
                if error.slug == "plan-moved":
                    # There is no plan file here that could be written again.
                    error.next = "plan the change again"
                raise

        return Plan(
            command=self._command(wanted.action, to, environment, chosen, version),
            question=f"Change {environment} on {self.target.name} to {version}?",
            text=masked(table_text(found) + "\n" + gates_text(found) + changes_text(found)),
            refused=f"does not pass: {', '.join(left)}" if left else "",
            run=run,
        )

    def _promote(self, environment: str, version: str, kept: PromotionPlan | None, ports: Ports) -> Promotion:
        from pkgops.flows.gates import GateQuery as Version
        from pkgops.flows.promote import PromoteRequest, promote

        wanted = Version(self.name, environment, version)
        request = PromoteRequest(wanted=wanted, limits=self.limits, dry_run=kept is None, plan=kept)
        return promote(self.target, request, lambda _: None, ports)

    def _rollback(
        self, environment: str, version: str, kept: PromotionPlan | None, ports: Ports
    ) -> Promotion:
        from pkgops.flows.promotion import plan as plans
        from pkgops.flows.rollback import RollbackRequest, rollback

        request = RollbackRequest(
            name=self.name, environment=environment, limits=self.limits, version=version, dry_run=kept is None
        )

        def agree(found: Promotion) -> None:
            if kept is not None:
                plans.check(kept, found, kept.cluster)

        return rollback(self.target, request, agree, ports)

    def _reporting(self, report: Report) -> Ports:
        reported = _ReportedLines(report, self.ports.now())
        return replace(self.ports, on_event=reported.event, on_snapshot=reported.snapshot)

    def _command(self, *words: str) -> str:
        return shlex.join(["pkgops", words[0], self.name, *words[1:], *self.options])


class _ReportedLines(lines.LineProgress):
    """Reports the lines that a command would write: each event, and the stages that changed."""

    def __init__(self, report: Report, began: datetime) -> None:
        super().__init__(StringIO(), began)
        self._report = report

    def event(self, event: Event) -> None:
        """Report one event."""
        self._report(masked(lines.line(event, self.began)))
