"""Labels and annotations that resources get before they are sent: ownership and identity."""

from __future__ import annotations

import copy
from collections.abc import Iterable

from pkgops.kapp import fields
from pkgops.kapp.config import Config
from pkgops.kapp.identity import ASSOCIATION_LABEL, IDENTITY, Obj, association, identity


def labelled(
    new: Iterable[Obj], config: Config, ownership: dict[str, str], app_label: dict[str, str]
) -> list[Obj]:
    """Return copies of new resources with the ownership labels.

    Args:
        new: the resources.
        config: the paths of the labels.
        ownership: labels in addition to the association, which is added to each resource.
        app_label: labels that selectors of Services and workloads get in addition.
    """
    return [_with_labels(obj, config, ownership, app_label) for obj in new]


def _with_labels(obj: Obj, config: Config, ownership: dict[str, str], app_label: dict[str, str]) -> Obj:
    result = copy.deepcopy(obj)
    marks = {**ownership, ASSOCIATION_LABEL: association(obj), **dict(config.additional_labels)}
    for rule in config.ownership_labels:
        if rule.matches(obj):
            fields.merge_strings(result, rule.path, marks)
    for rule in config.label_scoping:
        if rule.matches(obj):
            fields.merge_strings(result, rule.path, app_label, create=False)
    return result


def identified(obj: Obj) -> Obj:
    """Return a copy with the identity annotation, as it is sent to the server."""
    result = copy.deepcopy(obj)
    fields.merge_strings(result, ("metadata", "annotations"), {IDENTITY: identity(obj)})
    return result
