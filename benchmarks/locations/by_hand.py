"""The dlt script that one would write by hand for a connector's file: `FILE DATABASE`."""

import json
import sys
from pathlib import Path

import dlt
from dlt.sources.rest_api import rest_api_source

configuration = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))["configuration"]
pipeline = dlt.pipeline(
    "by_hand", destination=dlt.destinations.duckdb(sys.argv[2]), dataset_name="by_hand"
)
pipeline.run(rest_api_source(configuration, name="by_hand"))
