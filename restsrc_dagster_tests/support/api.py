"""An API on loopback whose answers a test decides; the demonstration has the same."""

from restsrc_dagster.demo.apis.server import Answer, Api, Asked, Route

__all__ = ["Answer", "Api", "Asked", "Route"]
