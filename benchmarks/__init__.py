"""What restsrc_dagster takes, side by side with others: `python -m benchmarks`."""
