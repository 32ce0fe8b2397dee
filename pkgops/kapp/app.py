"""Deploy and delete apps: the record, the plan, the run. The public interface of this package."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from pkgops.kapp import config as configs
from pkgops.kapp import order, table
from pkgops.kapp.change import Change, Differ, involved
from pkgops.kapp.cluster import Cluster
from pkgops.kapp.errors import KappError
from pkgops.kapp.filters import chosen
from pkgops.kapp.identity import (
    APP_LABEL,
    EXISTS,
    IS_APP_LABEL,
    NOOP,
    Obj,
    annotations_of,
    description,
    labels,
    unique_key,
)
from pkgops.kapp.identity import namespace as namespace_of
from pkgops.kapp.labelling import labelled
from pkgops.kapp.options import Options
from pkgops.kapp.output import Output
from pkgops.kapp.plan import Plan
from pkgops.kapp.prepare import Namespacing, prepared, with_nonces
from pkgops.kapp.record import AppMeta, ChangeMeta
from pkgops.kapp.records import Records
from pkgops.kapp.runner import Pace, Runner
from pkgops.kapp.textdiff import DiffView
from pkgops.kapp.versioned import KEEP_ORIGINAL, is_versioned
from pkgops.kube import Client, Resource


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """One app on one cluster.

    Attributes:
        client: the cluster, with the deploying identity.
        name: the name of the app and of its record.
        namespace: where the record is.
        pace: clocks and time limits.
        options: how to deploy.
    """

    client: Client
    name: str
    namespace: str
    pace: Pace
    options: Options = field(default_factory=Options)

    def plan(self, objects: Iterable[Obj]) -> Plan:
        """Return the plan: the desired resources compared with the existing ones; nothing is changed.

        Raises:
            KappError: the input is not acceptable, or resources belong to another app.
        """
        record = self._records().find()
        meta = record or self._records().fresh()
        resources, config = configs.split(objects)
        cluster = self._cluster(meta, resources)
        resources = prepared(resources, self._namespacing(), cluster.namespaced)
        resources = with_nonces(resources, str(int(self.pace.now().timestamp() * 1_000_000) * 1000))
        ownership = {meta.label_key: meta.label_value}
        given = labelled(resources, config, ownership, ownership)
        resources = self._chosen(given)
        if not resources and not (self.options.allow_empty or self.options.patch):
            raise KappError(
                "Trying to apply empty set of resources will result in deletion of resources on cluster. "
                "Refusing to continue unless --dangerous-allow-empty-list-of-resources is specified."
            )
        kinds = [] if record is None else cluster.kinds_of(meta, given)
        existing = self._chosen(self._existing(cluster, meta, resources, kinds))
        differ = Differ(config, self.options.overlay, wait=self.options.wait)
        changes = involved(differ.changes(resources, existing))
        if self.options.patch:
            changes = [change for change in changes if change.op != "delete"]
        spaces = tuple(sorted({namespace_of(obj) or "(cluster)" for obj in given}))
        return Plan(
            meta=meta,
            is_new=record is None,
            resources=resources,
            existing=existing,
            changes=changes,
            differ=differ,
            namespaces=spaces,
        )

    def deploy(self, objects: Iterable[Obj], out: Output) -> AppMeta:
        """Apply the resources, wait for them, and return the record.

        Raises:
            KappError: what failed; the text printed so far is in ``out``.
            Interrupted: ``pace.cancelled`` returned true.
        """
        plan = self.plan(objects)
        records = self._records()
        if not self.options.diff_run:
            self._begin(plan, records)
        self._show(plan.changes, plan.differ, out)
        if self.options.diff_run or not plan.changes:
            return plan.meta
        records.save(plan.meta.using([*plan.resources, *plan.existing]))
        change = ChangeMeta(description=f"update: {table.summary(plan.changes)}", namespaces=plan.namespaces)
        with records.change(change, keep=self.options.changes_to_keep):
            self._run(plan.differ, plan.changes, self._cluster(plan.meta, plan.resources), out)
            records.use(plan.resources)
        return records.load()

    def delete(self, out: Output) -> bool:
        """Delete the app's resources, wait until they are gone, then delete the record if these were all.

        Returns:
            False if there was no such app.

        Raises:
            KappError: what failed.
            Interrupted: ``pace.cancelled`` returned true.
        """
        records = self._records()
        meta = records.find()
        if meta is None:
            out.plain(f"App '{self.name}' (namespace: {self.namespace}) does not exist")
            return False
        cluster = self._cluster(meta, [])
        differ = Differ(configs.defaults(), wait=self.options.wait)
        objects = cluster.labelled(meta.selector, cluster.kinds_to_delete(meta))
        existing = self._chosen(objects)
        changes = [differ.removal(obj, whole_app=True) for obj in existing]
        self._show(changes, differ, out)
        is_whole = len(existing) == len(objects)
        if not is_whole:
            out.plain(
                f"App '{self.name}' (namespace: {self.namespace}) will not be fully deleted "
                "because some resources are excluded by filters"
            )
        if self.options.diff_run:
            return True
        planned = ChangeMeta(description="delete")
        with records.change(planned, keep=self.options.changes_to_keep, required=False):
            self._run(differ, changes, cluster, out)
            if is_whole:
                records.delete()
        return True

    def resources(self) -> list[Obj]:
        """Return all resources with the app's label, also those of controllers; empty without an app."""
        meta = self._records().find()
        if meta is None:
            return []
        cluster = self._cluster(meta, [])
        return cluster.labelled(meta.selector, cluster.all_kinds())

    def _begin(self, plan: Plan, records: Records) -> None:
        labels = dict(self.options.labels)
        if plan.is_new:
            records.create(plan.meta, labels)
        else:
            records.label(labels)

    def _run(self, differ: Differ, changes: list[Change], cluster: Cluster, out: Output) -> None:
        blocked, strategy = order.blocked_by(changes, differ.config), self.options.update_strategy
        runner = Runner(
            cluster=cluster,
            differ=differ,
            changes=changes,
            waits=blocked,
            out=out,
            pace=self.pace,
            update_strategy=strategy,
        )
        runner.run()

    def _show(self, changes: list[Change], differ: Differ, out: Output) -> None:
        options = self.options
        if options.diff_changes and changes:
            view = DiffView(differ, options.diff_context, options.diff_line_numbers)
            out.plain(view.show(changes))
        if self.options.summary:
            out.plain(table.changes_table(changes, self.pace.now()))

    def _records(self) -> Records:
        return Records(client=self.client, name=self.name, namespace=self.namespace, now=self.pace.now)

    def _cluster(self, meta: AppMeta, resources: list[Obj]) -> Cluster:
        spaces = [*meta.last_change.namespaces, self.namespace, self._namespacing().place({})]
        spaces += [namespace_of(obj) for obj in resources]
        known = dict.fromkeys(space for space in spaces if space and space != "(cluster)")
        return Cluster(self.client, tuple(known))

    def _namespacing(self) -> Namespacing:
        default = self.options.default_namespace or self.namespace
        return Namespacing(default, self.options.into_ns, dict(self.options.map_ns))

    def _chosen(self, objects: list[Obj]) -> list[Obj]:
        return chosen(objects, self.options.filter, self.pace.now())

    def _existing(
        self, cluster: Cluster, meta: AppMeta, resources: list[Obj], kinds: list[Resource]
    ) -> list[Obj]:
        mine = cluster.labelled(meta.selector, kinds)
        known = {unique_key(obj) for obj in mine}
        others: list[Obj] = []
        if self.options.check_existing:
            named = [
                obj for obj in resources if not is_versioned(obj) or KEEP_ORIGINAL in annotations_of(obj)
            ]
            candidates = (cluster.current(obj) for obj in named if unique_key(obj) not in known)
            others = [obj for obj in candidates if obj is not None]
        if not self.options.override_ownership:
            self._check_ownership(meta, resources, others)
        _check_no_records(mine + others)
        return mine + others

    def _check_ownership(self, meta: AppMeta, resources: list[Obj], others: list[Obj]) -> None:
        skipped = {unique_key(obj) for obj in resources if {EXISTS, NOOP} & set(annotations_of(obj))}
        problems = [
            f"- Resource '{description(obj)}' is already associated with a {self._owner(obj)}"
            for obj in others
            if unique_key(obj) not in skipped
            and labels(obj).get(meta.label_key, meta.label_value) != meta.label_value
        ]
        if problems:
            raise KappError("\n".join(["Ownership errors:", *problems]))

    def _owner(self, obj: Obj) -> str:
        value = labels(obj)[APP_LABEL]
        owner = self._records().owner_of(value)
        if owner:
            return f"different app '{owner}' namespace: {self.namespace} (label '{APP_LABEL}={value}')"
        return f"different label '{APP_LABEL}={value}'"


def _check_no_records(existing: list[Obj]) -> None:
    problems = [
        f"- Resource '{description(obj)}' has a disallowed label '{IS_APP_LABEL}'"
        for obj in existing
        if IS_APP_LABEL in labels(obj)
    ]
    if problems:
        raise KappError("\n".join(["Disallowed labels errors:", *problems]))
