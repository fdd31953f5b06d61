"""APIs that wrap their records in an envelope of a standard, from curl to rows."""
