"""Texts in MySQL and MariaDB, which may be as long as an API has them.

dlt makes columns of the type TEXT there, which end at 65,535 bytes: a record with a longer one
would fail its resource. Those of LONGTEXT end at 4 GB and cost one byte more. Columns that are
there keep their type.
"""

from collections.abc import Callable
from typing import Any

from dlt.common.destination import Destination, DestinationCapabilitiesContext
from dlt.common.destination.typing import PreparedTableSchema
from dlt.common.schema.typing import TColumnSchema
from dlt.destinations.impl.sqlalchemy.type_mapper import MysqlVariantTypeMapper
from sqlalchemy.dialects.mysql import LONGTEXT
from sqlalchemy.types import Text

from restsrc_dagster.dlt_compat.replaced import replace_method


class LongTextMapper(MysqlVariantTypeMapper):
    """dlt's, but for texts without a size."""

    def db_type_from_text_type(self, column: TColumnSchema, table: PreparedTableSchema) -> Any:
        made = super().db_type_from_text_type(column, table)
        return LONGTEXT() if type(made) is Text else made


def use_long_texts(destination: Destination[Any, Any]) -> None:
    """Of a destination of SQLAlchemy, where that turns out to be such a database."""

    def with_long_texts(find: Callable[..., Any]) -> Callable[..., Any]:
        def capabilities(*args: Any, **keys: Any) -> DestinationCapabilitiesContext:
            found: DestinationCapabilitiesContext = find(*args, **keys)
            if found.type_mapper is MysqlVariantTypeMapper:
                found.type_mapper = LongTextMapper
            return found

        return capabilities

    replace_method(destination, "capabilities", with_long_texts)
