"""Shopify's bulk operations, `bulkOperationRunQuery` of the GraphQL Admin API.

One at a time; a second one is refused in `userErrors`, with status 200. It is CREATED, RUNNING,
then COMPLETED with the address of a JSONL file, or FAILED with an `errorCode`. In the file each
node is a line, and what is nested in it has its id as `__parentId`.
"""

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from restsrc_dagster.demo.apis.mock import Rows, refused, rows
from restsrc_dagster.json_types import Record
from restsrc_dagster_tests.apis.mock import Content, Mock, endpoint
from restsrc_dagster_tests.support.api import Answer, Asked

PRODUCT, VARIANT = "gid://shopify/Product/", "gid://shopify/ProductVariant/"


class ShopifyBulk(Mock):
    host = "acme.myshopify.com"
    environment: ClassVar = {"SHOPIFY_TOKEN": "t0ken"}
    requests = (6, 6)
    refusals: ClassVar = {
        "a query that is wrong": (
            lambda content: endpoint(content)["json"].update(query="mutation {{ bulk }}"),
            "another bulk operation is going, or the query is wrong",
        ),
    }

    def __init__(self) -> None:
        self._products = {number: f"Product {number}" for number in (1, 2, 3)}
        self._variants = {11: 1, 12: 1, 21: 2, 31: 3}
        self._polls: dict[str, int] = {}

    @classmethod
    def content(cls, url: str) -> Content:
        content = super().content(url)
        content["http"]["anonymous_hosts"] = [url.replace("127.0.0.1", "localhost")]
        return content

    def later(self) -> None:
        self._products.pop(2, None), self._variants.pop(21, None)
        self._products[1] = "Another title"
        self._variants[13] = 1

    def _lines(self) -> list[Record]:
        products = [{"id": f"{PRODUCT}{no}", "title": name} for no, name in self._products.items()]
        variants = [
            {"id": f"{VARIANT}{no}", "sku": f"SKU{no}", "__parentId": f"{PRODUCT}{of}"}
            for no, of in self._variants.items()
        ]
        return [*products, *variants]

    def tables(self) -> Mapping[str, Rows]:
        lines = self._lines()
        return {
            "products: id, title": rows([one for one in lines if "title" in one], "id", "title"),
            "variants: id, sku, parent_id": rows(
                [one for one in lines if "sku" in one], "id", "sku", "__parentId"
            ),
        }

    def __call__(self, asked: Asked) -> Any:
        if asked.path.startswith("/files/"):
            return self._file(asked)
        if asked.headers.get("X-Shopify-Access-Token") != "t0ken":
            return refused(401, {"errors": "[API] Invalid API key or access token"})
        if "bulkOperationRunQuery" in asked.json["query"]:
            name = f"gid://shopify/BulkOperation/{len(self._polls)}"
            self._polls[name] = 0
            made: Record = {"bulkOperation": {"id": name, "status": "CREATED"}, "userErrors": []}
            return {"data": {"bulkOperationRunQuery": made}}
        if "variables" not in asked.json:
            errors = [{"field": ["query"], "message": "Invalid bulk query"}]
            made = {"bulkOperation": None, "userErrors": errors}
            return {"data": {"bulkOperationRunQuery": made}}
        return self._node(asked, asked.json["variables"]["id"])

    def _node(self, asked: Asked, name: str) -> Any:
        self._polls[name] += 1
        node: Record = {"id": name, "status": "RUNNING", "errorCode": None, "url": None}
        if self._polls[name] >= 2:
            host = asked.headers["Host"].replace("127.0.0.1", "localhost")
            node |= {
                "status": "COMPLETED",
                "url": f"http://{host}/files/{len(self._polls)}?sig=abc",
            }
        return {"data": {"node": node}}

    def _file(self, asked: Asked) -> Any:
        if "X-Shopify-Access-Token" in asked.headers:
            return refused(400, {"error": "unexpected header"})
        text = "\n".join(map(json.dumps, self._lines()))
        return Answer(text.encode(), headers={"Content-Type": "application/jsonl"})
