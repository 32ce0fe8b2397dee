"""The Go structs of Knative's API, which its webhook decodes.

Source: ``pkg/apis/serving/v1``.
"""

from __future__ import annotations

from collections.abc import Mapping

from pkgops.platform.gotypes import ListOf, Struct, Type, core

_SECONDS = ("containerConcurrency", "timeoutSeconds", "responseStartTimeoutSeconds", "idleTimeoutSeconds")
_REVISION = Struct(
    "v1.RevisionSpec",
    dict.fromkeys(_SECONDS, "int64"),
    {"PodSpec": core("PodSpec").all_fields()},
)
_CONFIGURATION: Mapping[str, Type] = {
    "template": Struct("v1.RevisionTemplateSpec", {"metadata": core("ObjectMeta"), "spec": _REVISION})
}
_ROUTE: Mapping[str, Type] = {
    "traffic": ListOf(
        Struct(
            "v1.TrafficTarget",
            {
                **dict.fromkeys(("tag", "revisionName", "configurationName"), "string"),
                "latestRevision": "bool",
                "percent": "int64",
                "url": "any",
            },
        )
    )
}
SPECS: Mapping[str, Struct] = {
    "Service": Struct("v1.ServiceSpec", {}, {"ConfigurationSpec": _CONFIGURATION, "RouteSpec": _ROUTE}),
    "Configuration": Struct("v1.ConfigurationSpec", _CONFIGURATION),
    "Revision": _REVISION,
    "Route": Struct("v1.RouteSpec", _ROUTE),
}
"""The ``spec`` of each kind."""
