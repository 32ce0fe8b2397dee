"""Realize the resources of a blueprint for one owner, in list order: select, render, apply, read output."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from pkgops.errors import PkgopsError
from pkgops.formats import gofmt
from pkgops.kube import Obj, raise_temporary
from pkgops.platform.carto import context as contexts
from pkgops.platform.carto import params
from pkgops.platform.carto.failure import Failure, ResourceFailed, api_message, is_retryable, unknown_error
from pkgops.platform.carto.health import object_health
from pkgops.platform.carto.labels import resource_labels
from pkgops.platform.carto.options import choose_option
from pkgops.platform.carto.outputs import OutputReader
from pkgops.platform.carto.realized import Realized
from pkgops.platform.carto.render import StampError, render
from pkgops.platform.carto.retention import newest_healthy, surplus
from pkgops.platform.carto.stamper import Applied, ListRefused, Rejected, Stamper
from pkgops.platform.carto.template import INPUT_OF_KIND, Template

FindTemplate = Callable[[str, str], Obj | None]


class Realizer:
    """Realizes a blueprint for an owner.

    Args:
        owner: the Workload or Deliverable.
        blueprint: the ClusterSupplyChain or ClusterDelivery.
        stamper: submits objects with the rights of the owner's service account.
        find_template: returns a template by kind and name; may raise PkgopsError.
        now: the time of this reconcile.
    """

    def __init__(
        self, owner: Obj, blueprint: Obj, stamper: Stamper, find_template: FindTemplate, now: datetime
    ) -> None:
        self._owner = owner
        self._blueprint = blueprint
        self._name = str(blueprint["metadata"]["name"])
        self._stamper = stamper
        self._find_template = find_template
        self._now = now
        self._outputs: dict[str, contexts.Output] = {}

    def run(self) -> list[Realized]:
        """Realize all resources, also after a failure of one, and return their results."""
        return [self._resource(resource) for resource in self._blueprint["spec"].get("resources") or []]

    def _resource(self, resource: Obj) -> Realized:
        result = Realized(resource=resource)
        inputs = contexts.resource_inputs(resource, self._outputs)
        try:
            self._realize(result, inputs)
        except ResourceFailed as error:
            result.failure = error.failure
        else:
            self._outputs[result.name] = result.output
        return result

    def _realize(self, result: Realized, inputs: Obj) -> None:
        reference = result.resource["templateRef"]
        name = reference.get("name")
        if reference.get("options"):
            option = choose_option(self._owner, result.resource, self._name)
            if option.get("passThrough"):
                self._pass_through(result, inputs, str(option["passThrough"]))
                return
            name = option.get("name")
        result.template = self._template(result.name, str(reference["kind"]), str(name or ""))
        rendered, labels = self._render(result, result.template, inputs)
        if result.template.immutable:
            self._stamp_immutable(result, result.template, inputs, rendered, labels)
        else:
            applied = self._apply(result, rendered)
            result.output = self._read(result, result.template, inputs, applied.object)

    def _pass_through(self, result: Realized, inputs: Obj, input_name: str) -> None:
        value = inputs[INPUT_OF_KIND[str(result.resource["templateRef"]["kind"])]].get(input_name)
        if value is None:
            message = f"unable to find passthrough [{input_name}] in []"
            # Upstream reports this with the owner's condition types; scripts of users may depend on them.
            if self._owner["kind"] == "Workload":
                raise ResourceFailed(
                    Failure(
                        status="False",
                        reason="PassThrough",
                        message=message,
                        retry=True,
                        type="SupplyChainReady",
                    )
                )
            raise ResourceFailed(unknown_error("Deliverable", message))
        result.pass_through = True
        result.output = {key: item for key, item in value.items() if key != "name"}

    def _template(self, resource: str, kind: str, name: str) -> Template:
        try:
            template = self._find_template(kind, name)
        except PkgopsError as error:
            raise_temporary(error)
            where = (
                f"unable to get template [{name}] for resource [{resource}] in supply chain [{self._name}]"
            )
            message = f"{where}: {api_message(error)}"
            raise ResourceFailed(
                Failure(status="False", reason="TemplateObjectRetrievalFailure", message=message, retry=True)
            ) from None
        if template is None:
            detail = "resource does not match a known template"
            message = f"failed to get cluster template [{{Kind:{kind} Name:{name}}}]: {detail}"
            raise ResourceFailed(unknown_error(str(self._owner["kind"]), message))
        return Template.of(template)

    def _render(self, result: Realized, template: Template, inputs: Obj) -> tuple[Obj, dict[str, str]]:
        labels = resource_labels(self._owner, self._name, result.resource, template.lifecycle)
        values = params.merge(
            template.params,
            self._blueprint["spec"].get("params") or [],
            result.resource.get("params") or [],
            self._owner["spec"].get("params") or [],
        )
        context = contexts.template_context(self._owner, values, inputs, labels)
        try:
            return render(template, context, self._owner, labels), labels
        except StampError as error:
            message = (
                f"unable to stamp object for resource [{result.name}] for template "
                f"[{template.kind}/{template.name}] in supply chain [{self._name}]: {error}"
            )
            raise ResourceFailed(
                Failure(status="False", reason="TemplateStampFailure", message=message)
            ) from None

    def _apply(self, result: Realized, rendered: Obj) -> Applied:
        try:
            applied = self._stamper.apply(rendered)
        except Rejected as error:
            raise self._rejected(result, rendered, error) from None
        return self._record(result, applied)

    def _stamp_immutable(
        self, result: Realized, template: Template, inputs: Obj, rendered: Obj, labels: dict[str, str]
    ) -> None:
        try:
            listed = self._stamper.list(rendered, labels)
            applied = self._record(result, self._stamper.stamp(rendered, listed, self._now))
        except ListRefused as error:
            raise self._not_listed(rendered, labels, error) from None
        except Rejected as error:
            raise self._rejected(result, rendered, error) from None
        objects = [*listed, applied.object] if applied.written else listed

        def health(obj: Obj) -> str:
            return object_health(template.health_rule, obj)

        for obj in surplus(objects, health, template.retention):
            self._stamper.delete(obj)
        result.output = self._read(result, template, inputs, newest_healthy(objects, health))

    def _record(self, result: Realized, applied: Applied) -> Applied:
        result.stamped, result.plural, result.written = applied.object, applied.plural, applied.written
        return applied

    def _read(self, result: Realized, template: Template, inputs: Obj, source: Obj | None) -> contexts.Output:
        reader = OutputReader(template, result.name, self._name, result.plural)
        return reader.read(source, result.stamped or {}, inputs["deployment"])

    def _rejected(self, result: Realized, rendered: Obj, error: Rejected) -> ResourceFailed:
        message = (
            f"unable to apply object [{object_name(rendered)}] for resource [{result.name}] "
            f"in supply chain [{self._name}]: {error.step}{api_message(error.cause)}"
        )
        retry = is_retryable(error.cause)
        return ResourceFailed(
            Failure(status="False", reason="TemplateRejectedByAPIServer", message=message, retry=retry)
        )

    def _not_listed(self, rendered: Obj, labels: dict[str, str], error: ListRefused) -> ResourceFailed:
        message = not_listed(rendered, labels, error)
        if self._owner["kind"] == "Deliverable":
            return ResourceFailed(unknown_error("Deliverable", message))
        retry = is_retryable(error.cause)
        return ResourceFailed(
            Failure(status="False", reason="FailedToListCreatedObjects", message=message, retry=retry)
        )


def object_name(rendered: Obj) -> str:
    """Return ``<namespace>/<name>`` of a rendered object; ``generateName`` where it has no name."""
    meta = rendered["metadata"]
    return f"{meta['namespace']}/{meta.get('name') or meta.get('generateName') or ''}"


def not_listed(rendered: Obj, labels: dict[str, str], error: ListRefused) -> str:
    """Return the message for objects that the service account may not list."""
    namespace = rendered["metadata"]["namespace"]
    return (
        f"unable to list objects in namespace [{namespace}] with labels "
        f"[{gofmt.text(labels)}]: {api_message(error.cause)}"
    )
