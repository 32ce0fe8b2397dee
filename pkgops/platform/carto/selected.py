"""Find the object that a Runnable's ``spec.selector`` selects."""

from __future__ import annotations

from pkgops.errors import PkgopsError
from pkgops.formats import gofmt
from pkgops.kube import Client, NotFound, Obj, Resource, raise_temporary
from pkgops.platform.carto.failure import api_message
from pkgops.platform.carto.labels import selector


class SelectionFailed(Exception):
    """Not exactly one object was found; the text is the condition's message."""

    def __init__(self, message: str, *, retry: bool = False) -> None:
        super().__init__(message)
        self.retry = retry


class SelectedObjectReader:
    """Reads the selected object with the permissions of the Runnable's service account."""

    def __init__(self, client: Client, namespace: str) -> None:
        self._client = client
        self._namespace = namespace

    def read(self, spec_selector: Obj) -> Obj:
        """Return the one object that ``spec.selector`` selects.

        Raises:
            SelectionFailed: none or several match, the kind is not served, or the objects cannot be listed.
        """
        resource, labels = spec_selector.get("resource") or {}, spec_selector.get("matchingLabels") or {}
        api_version, kind = str(resource.get("apiVersion", "")), str(resource.get("kind", ""))
        where = (
            f"unable to resolve selector [{gofmt.text(labels)}], apiVersion [{api_version}], kind [{kind}]: "
        )
        served = self._served(api_version, kind, where)
        objects = self._list(served, labels, where)
        if len(objects) != 1:
            what = "selector matched multiple objects" if objects else "selector did not match any objects"
            raise SelectionFailed(where + what)
        return objects[0]

    def _served(self, api_version: str, kind: str, where: str) -> Resource:
        try:
            return self._client.resource(api_version, kind)
        except NotFound:
            detail = f"failed to list server api resources: the server does not serve {kind}"
            raise SelectionFailed(where + detail, retry=True) from None

    def _list(self, served: Resource, labels: dict[str, str], where: str) -> list[Obj]:
        namespace = self._namespace if served.namespaced else ""
        try:
            return self._client.list(
                served.api_version, served.kind, namespace, labels=selector(labels)
            ).items
        except PkgopsError as error:
            raise_temporary(error)
            detail = f"failed to list objects in namespace matching selector [{gofmt.text(labels)}]"
            raise SelectionFailed(f"{where}{detail}: {api_message(error)}") from None
