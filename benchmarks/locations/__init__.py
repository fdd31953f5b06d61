"""Code locations of many connectors, and what Dagster does with them."""
