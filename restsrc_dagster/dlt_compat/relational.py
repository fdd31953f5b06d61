"""How dlt makes tables of nested records: their names, their links, how far it unfolds them."""

from dlt.common.normalizers.json.relational import DataItemNormalizer
from dlt.common.schema import Schema


def is_relational(schema: Schema) -> bool:
    """Whether records of a schema are normalized by dlt's own normalizer, and none derived."""
    return type(schema.data_item_normalizer) is DataItemNormalizer


class Relational:
    """What the normalizer of a schema for which `is_relational` knows.

    Attributes:
        schema: whose it is.
        row_id, load_id, parent_id, position, value: names of columns that dlt adds.
        of_column: the name of a column, by a key of a record.
        of_table: the name of a table, by such a key.
        joined: the name of what is nested, by the names on the way.
        is_whole: whether a value of a table's column stays as it is, with so many levels left.
    """

    def __init__(self, schema: Schema) -> None:
        known = schema.data_item_normalizer
        assert isinstance(known, DataItemNormalizer)  # noqa: S101 - for the type checker
        self.schema = schema
        self.row_id = str(known.c_dlt_id)
        self.load_id = str(known.c_dlt_load_id)
        self.parent_id = str(known.c_dlt_parent_id)
        self.position = str(known.c_dlt_list_idx)
        self.value = str(known.c_value)
        self.of_column = known._normalize_identifier
        self.of_table = known._normalize_table_identifier
        self.joined = known._shorten_fragments
        self.is_whole = known._is_nested_type
        self._known = known

    def levels(self, root: str) -> int:
        """How many levels of a root table's records become columns and tables."""
        return self._known._get_table_nesting_level(root, self._known.max_nesting) or 0

    def hashes(self, root: str) -> bool:
        """Whether the ids of rows are made of what is in them."""
        return bool(self._known._get_root_row_id_type(root) != "random")

    def inherited(self, table: str, *, is_root: bool) -> dict[str, str]:
        """The columns that nested rows get of a table, by those that they come from."""
        passed_on = self._known._get_propagation_mapping
        found = passed_on(table, is_root) if passed_on else {}
        return {str(name): str(inner) for name, inner in found.items()}

    @property
    def excludes(self) -> bool:
        """Whether the schema leaves fields out."""
        return bool(self.schema._compiled_excludes)

    def is_never_null(self, column: str) -> bool:
        """Whether a new column of that name must have a value in each row."""
        return self.schema._infer_hint("not_null", column)
