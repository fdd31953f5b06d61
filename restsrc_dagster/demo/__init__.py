"""The demonstration: a shop behind a REST API, its connector, and Dagster around them.

`restsrc_dagster.demo.run.run_demo` is the whole of it; `DemoApi` alone is a loopback API for trials
and tests. `apis` has stand-ins for the APIs of recipes, of which it shows one instead of the shop.
`screen` is what the terminal says, `trials` what a person may do to the shop.
"""

from restsrc_dagster.demo.api import DemoApi
from restsrc_dagster.demo.shop import Shop

__all__ = ["DemoApi", "Shop"]
