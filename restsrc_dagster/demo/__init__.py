"""The demonstration: a shop behind a REST API, its connector, and Dagster around them.

run         the whole of it: `restsrc demo`
folder      what lies where, and what is kept from one start to the next
shop        the shop: its history, and the life that goes on while one watches
data        what one of its customers, invoices, subscriptions or payments looks like
api         its REST API, on loopback; `DemoApi` alone is one for trials and tests
apis        stand-ins for the APIs of recipes, of which one is shown instead of the shop
known       a recipe at work
shown       what is shown: an API that runs, and its connector
process     `dagster dev` as a group of processes that leaves nothing behind
webserver   what Dagster's webserver tells about the runs
screen      what the terminal says
trials      what a person may do to the shop's API
"""

from restsrc_dagster.demo.api import DemoApi
from restsrc_dagster.demo.shop import Shop

__all__ = ["DemoApi", "Shop"]
