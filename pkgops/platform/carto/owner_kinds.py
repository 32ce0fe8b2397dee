"""The kinds of owners, Workload and Deliverable, and in what they differ."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerKind:
    """One kind of owner and its blueprints.

    Attributes:
        kind: the owner's kind.
        blueprint: the blueprint's kind.
        ready_type: type of the condition that reports whether a blueprint was found.
        ref_field: the status field that names the blueprint.
        labels_missing: reason for an owner without labels.
        not_found: reason for an owner that no blueprint selects.
        several: reason for an owner that several blueprints select with the same score.
        words: the names of the owner and the blueprint in messages.
    """

    kind: str
    blueprint: str
    ready_type: str
    ref_field: str
    labels_missing: str
    not_found: str
    several: str
    words: tuple[str, str]


WORKLOAD = OwnerKind(
    kind="Workload",
    blueprint="ClusterSupplyChain",
    ready_type="SupplyChainReady",
    ref_field="supplyChainRef",
    labels_missing="WorkloadLabelsMissing",
    not_found="SupplyChainNotFound",
    several="MultipleSupplyChainMatches",
    words=("workload", "supply chain"),
)
DELIVERABLE = OwnerKind(
    kind="Deliverable",
    blueprint="ClusterDelivery",
    ready_type="DeliveryReady",
    ref_field="deliveryRef",
    labels_missing="DeliverableLabelsMissing",
    not_found="DeliveryNotFound",
    several="MultipleDeliveryMatches",
    words=("deliverable", "delivery"),
)
OWNERS = (WORKLOAD, DELIVERABLE)
