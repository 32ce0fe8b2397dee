"""Reconcile Workloads and Deliverables."""

from __future__ import annotations

from datetime import datetime

from pkgops.errors import PkgopsError
from pkgops.kube import Conflict, NotFound, Obj
from pkgops.platform.carto import orphans, owner_events
from pkgops.platform.carto.accounts import account_of, stamper_for
from pkgops.platform.carto.choice import Choice, choose_blueprint
from pkgops.platform.carto.conditions import keep_times, resources_healthy, with_ready
from pkgops.platform.carto.failure import Failure, ResourceFailed, RetryLater
from pkgops.platform.carto.owner_kinds import OwnerKind
from pkgops.platform.carto.realized import Realized, merge_entries
from pkgops.platform.carto.realizer import Realizer
from pkgops.platform.carto.selection import SelectorError
from pkgops.platform.carto.template import API_VERSION
from pkgops.platform.carto.watches import StampedWatches
from pkgops.platform.conditions import condition
from pkgops.platform.queue import Key
from pkgops.platform.runtime import Platform


class OwnerReconciler:
    """Reconciles the owners of one kind: applies their blueprints' resources and writes their status."""

    def __init__(self, platform: Platform, kind: OwnerKind, watches: StampedWatches) -> None:
        self._platform = platform
        self._kind = kind
        self._watches = watches

    def reconcile(self, key: Key) -> None:
        """Reconcile one owner.

        Raises:
            RetryLater: the status is written, and the reconcile must be retried after the back-off.
        """
        owner = self._platform.get(API_VERSION, self._kind.kind, key.name, key.namespace)
        if owner is None or owner["metadata"].get("deletionTimestamp"):
            return
        try:
            choice = choose_blueprint(
                owner, self._platform.list(API_VERSION, self._kind.blueprint), self._kind
            )
        except SelectorError as error:
            now = self._platform.now()
            self._save(owner, [condition("Ready", "Unknown", "Unknown", "", now)], {}, now)
            raise RetryLater(f"cannot select a {self._kind.words[1]}", why=str(error)) from None
        if choice.waiting:
            return
        self._reconcile(owner, choice)

    def _reconcile(self, owner: Obj, choice: Choice) -> None:
        now = self._platform.now()
        status: Obj = {}
        if choice.blueprint is not None:
            name = choice.blueprint["metadata"]["name"]
            status[self._kind.ref_field] = {"kind": self._kind.blueprint, "name": name}
        if choice.reason or choice.blueprint is None:
            refused = condition(self._kind.ready_type, "False", choice.reason, choice.message, now)
            self._save(owner, with_ready([refused], now), status, now)
            return
        self._realize(owner, choice.blueprint, status, now)

    def _realize(self, owner: Obj, blueprint: Obj, status: Obj, now: datetime) -> None:
        selected = condition(self._kind.ready_type, "True", "Ready", "", now)
        try:
            stamper = stamper_for(self._platform, *account_of(owner, blueprint))
        except ResourceFailed as error:
            conditions = [selected, _submitted(error.failure, now)]
            self._save(owner, with_ready(conditions, now), status, now)
            return
        results = Realizer(owner, blueprint, stamper, self._template, now).run()
        previous = (owner.get("status") or {}).get("resources") or []
        entries = merge_entries(results, previous, now)
        failure = next((result.failure for result in results if result.failure), None)
        conditions = [selected, _submitted(failure, now), resources_healthy(entries, now)]
        self._watches.watch_stamped(self._kind.kind, [result.stamped for result in results if result.stamped])
        self._remove_orphans(owner, previous, entries, results)
        self._save(owner, with_ready(conditions, now), {**status, "resources": entries}, now)
        owner_events.record_events(self._platform, owner, results, previous, entries)
        retry = next((result.failure for result in results if result.failure and result.failure.retry), None)
        if retry is not None:
            raise RetryLater(retry.message)

    def _template(self, kind: str, name: str) -> Obj | None:
        return self._platform.get(API_VERSION, kind, name)

    def _remove_orphans(
        self, owner: Obj, previous: list[Obj], entries: list[Obj], results: list[Realized]
    ) -> None:
        immutable = {result.name for result in results if result.template and result.template.immutable}
        for reference in orphans.orphaned(previous, entries, immutable):
            orphans.remove(self._platform, owner, reference)

    def _save(self, owner: Obj, conditions: list[Obj], changes: Obj, now: datetime) -> None:
        before = owner.get("status") or {}
        kept = keep_times(conditions, before.get("conditions") or [], now)
        generation = owner["metadata"].get("generation", 0)
        status = {**before, **changes, "conditions": kept, "observedGeneration": generation}
        try:
            self._platform.save_status(owner, status)
        except (NotFound, Conflict):
            return
        except PkgopsError as error:
            raise RetryLater(
                f"cannot write the status of {owner['metadata']['name']}", why=error.what
            ) from error


def _submitted(failure: Failure | None, now: datetime) -> Obj:
    if failure is None:
        return condition("ResourcesSubmitted", "True", "ResourceSubmissionComplete", "", now)
    # Upstream reports a missing pass-through input under the type of the supply chain.
    condition_type = "SupplyChainReady" if failure.type == "SupplyChainReady" else "ResourcesSubmitted"
    return condition(condition_type, failure.status, failure.reason, failure.message, now)
