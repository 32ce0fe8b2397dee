"""The schema of the data values of one library."""

from __future__ import annotations

from pkgops.values import Value
from pkgops.ytt.schema.infer import infer_item
from pkgops.ytt.schema.openapi import openapi_document
from pkgops.ytt.schema.problems import schema_error
from pkgops.ytt.schema.types import AnyType, ItemType, attach_rules, check_tree
from pkgops.ytt.tree.nodes import Document
from pkgops.ytt.tree.position import UNKNOWN


class Schema(Value):
    """A schema.

    Attributes:
        document_type: the type of the data values.
        given: whether there is one at all.
    """

    document_type: ItemType
    given: bool

    @classmethod
    def of(cls, document: Document) -> Schema:
        """Read a schema document.

        Raises:
            YttError: it is malformed.
        """
        return cls(infer_item(document), given=True)

    @classmethod
    def empty(cls) -> Schema:
        """The schema that allows everything."""
        return cls(
            ItemType(
                position=UNKNOWN,
                node_type=Document,
                value_type=AnyType(position=UNKNOWN, own_default=None),
                own_default=None,
            ),
            given=False,
        )

    def defaults(self) -> Document | None:
        """Return the data values that it sets, or None if there is no schema."""
        if not self.given:
            return None
        default: Document = self.document_type.default()
        return default

    def check(self, values: Document) -> None:
        """Fill in missing data values and check all of them; attaches the rules of the schema.

        Raises:
            YttError: a value has the wrong type, or is not declared.
        """
        if not self.given:
            return
        problems = self.document_type.assign(values)
        if not problems:
            attach_rules(values)
            problems = check_tree(values)
        if problems:
            raise schema_error("One or more data values were invalid", problems)

    def openapi(self) -> Document:
        """Return the schema as an OpenAPI document."""
        return openapi_document(self.document_type)
