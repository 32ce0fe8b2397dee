"""The records of an app on the cluster; no other module writes them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from pkgops.kapp.errors import KappError
from pkgops.kapp.identity import IS_APP_LABEL, Obj
from pkgops.kapp.record import (
    CHANGE_APP_LABEL,
    IS_CHANGE,
    MIGRATED_SUFFIX,
    AppMeta,
    ChangeMeta,
    app_config_map,
    change_config_map,
    change_data,
    labelled,
    new_app,
    timestamp,
)
from pkgops.kube import ApiError, Client, Conflict

ATTEMPTS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """The ConfigMaps of one app.

    Attributes:
        client: the cluster.
        name: the app's name.
        namespace: where its records are.
        now: returns the present time.
        manager: writes the record by server-side apply as this field manager, so that a write may be
            retried where its response was lost; empty: with the verbs that kapp uses, for accounts that
            have only these permissions.
    """

    client: Client
    name: str
    namespace: str
    now: Callable[[], datetime]
    manager: str = ""

    def find(self) -> AppMeta | None:
        """Return the app's record, None if there is none.

        Raises:
            KappError: the server refused, or the record cannot be read.
        """
        config_map = self._config_map()
        return AppMeta.from_config_map(config_map) if config_map else None

    def load(self) -> AppMeta:
        """Return the app's record.

        Raises:
            KappError: there is none, or the server refused.
        """
        record = self.find()
        if record is None:
            raise KappError(f"App '{self.name}' (namespace: {self.namespace}) does not exist")
        return record

    def fresh(self) -> AppMeta:
        """Return the first record of a new app."""
        return new_app(self.now())

    def create(self, meta: AppMeta, labels: Mapping[str, str]) -> None:
        """Write the first record of an app, with additional labels.

        Raises:
            KappError: the server refused.
        """
        with _with_context("Creating app"):
            if self.manager:
                self._apply(meta, labels)
            else:
                self.client.create(app_config_map(self.name, self.namespace, meta, labels))

    def label(self, labels: Mapping[str, str]) -> None:
        """Add labels to the record.

        Raises:
            KappError: the record has one of them with another value, or as :meth:`save`.
        """
        if not labels:
            return
        self._write(lambda found: {**found, "metadata": labelled(found["metadata"], labels)})

    def save(self, meta: AppMeta) -> None:
        """Replace the content of the record; labels and annotations that others added are kept.

        Raises:
            KappError: the app does not exist any more, the server refused, or others keep writing.
        """
        if self.manager:
            with _with_context("Updating app"):
                self._apply(meta, {})
            return
        text = meta.to_json()
        self._write(lambda found: {**found, "data": {**(found.get("data") or {}), "spec": text}})

    def _apply(self, meta: AppMeta, labels: Mapping[str, str]) -> None:
        self.client.apply(app_config_map(self.name, self.namespace, meta, labels), manager=self.manager)

    def _write(self, changed: Callable[[Obj], Obj]) -> None:
        for _ in range(ATTEMPTS):
            config_map = self._config_map()
            if config_map is None:
                raise KappError(f"App '{self.name}' (namespace: {self.namespace}) does not exist")
            with _with_context("Updating app"), contextlib.suppress(Conflict):
                self.client.update(changed(config_map))
                return
        raise KappError("Updating app: the record changes all the time")

    def use(self, objects: Iterable[Obj]) -> None:
        """Note which kinds the app has now.

        Raises:
            KappError: as :meth:`save`.
        """
        self.save(self.load().using(objects))

    @contextlib.contextmanager
    def change(self, planned: ChangeMeta, *, keep: int | None, required: bool = True) -> Iterator[None]:
        """Record a change around the block: begun, then successful or not; drop the oldest records.

        Args:
            planned: what is about to happen.
            keep: how many records of changes stay; None: all.
            required: whether the block needs the record; in a namespace that is going none can be made.

        Raises:
            KappError: there is no such app, or the server refused (and the record is required).
        """
        begun = replace(planned, started_at=timestamp(self.now()))
        meta = self.load()
        try:
            with _with_context("Creating app change"):
                written = self.client.create(change_config_map(self.name, self.namespace, meta, begun))
        except KappError:
            if required:
                raise
            yield
            return
        name = str(written["metadata"]["name"])
        self.save(replace(meta, last_change_name=name, last_change=begun))
        try:
            yield
        except BaseException:
            self._finish(name, begun, successful=False)
            raise
        self._finish(name, begun, successful=True)
        self._drop_old(meta, keep)

    def delete(self) -> None:
        """Delete the records of all changes, then the app's own.

        Raises:
            KappError: the server refused.
        """
        config_map = self._config_map()
        if config_map is None:
            return
        meta = AppMeta.from_config_map(config_map)
        with _with_context("Deleting app"):
            for change in self._changes(meta):
                self.client.delete("v1", "ConfigMap", change["metadata"]["name"], self.namespace)
            self.client.delete("v1", "ConfigMap", config_map["metadata"]["name"], self.namespace)

    def owner_of(self, label_value: str) -> str:
        """Return the name of the app in this namespace that has a label value, empty if none."""
        config_maps = self.client.list("v1", "ConfigMap", self.namespace, labels=f"{IS_APP_LABEL}=").items
        for config_map in config_maps:
            with contextlib.suppress(KappError):
                if AppMeta.from_config_map(config_map).label_value == label_value:
                    return str(config_map["metadata"]["name"]).removesuffix(MIGRATED_SUFFIX)
        return ""

    def _config_map(self) -> Obj | None:
        with _with_context("Getting app"):
            migrated = self.client.find("v1", "ConfigMap", self.name + MIGRATED_SUFFIX, self.namespace)
            return migrated or self.client.find("v1", "ConfigMap", self.name, self.namespace)

    def _changes(self, meta: AppMeta) -> list[Obj]:
        selector = f"{IS_CHANGE}=,{CHANGE_APP_LABEL}={meta.label_value}"
        config_maps = self.client.list("v1", "ConfigMap", self.namespace, labels=selector).items
        return sorted(config_maps, key=lambda item: str(item["metadata"].get("creationTimestamp")))

    def _finish(self, name: str, begun: ChangeMeta, *, successful: bool) -> None:
        ended = replace(begun, finished_at=timestamp(self.now()), successful=successful)
        patch = {"data": change_data(ended)}
        # The result of the deployment counts, not that of this write; and a deleted app has no record any
        # more.
        with contextlib.suppress(ApiError, KappError):
            self.client.patch("v1", "ConfigMap", name, self.namespace, patch)
            self.save(replace(self.load(), last_change_name=name, last_change=ended))

    def _drop_old(self, meta: AppMeta, keep: int | None) -> None:
        if keep is None:
            return
        with contextlib.suppress(ApiError):
            changes = self._changes(meta)
            for change in changes[: max(0, len(changes) - keep)]:
                self.client.delete("v1", "ConfigMap", change["metadata"]["name"], self.namespace)


@contextlib.contextmanager
def _with_context(what: str) -> Iterator[None]:
    try:
        yield
    except Conflict:
        raise
    except ApiError as error:
        raise KappError(f"{what}: {error.message}") from error
