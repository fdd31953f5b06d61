"""A first configuration, written from what an API says of itself.

configuration   what is written, and where its secrets go
from_curl       from a curl command
openapi         from an OpenAPI document
postman         from a Postman collection
into            as further resources of a connector that is there
insertion       into the text of its file
starts          times in requests that people wrote
standards       what OData, SCIM, JSON:API and HAL say of a list
flattening      the envelopes around the fields of a record, and the steps that take them off
words           names as words
graphql_query   where a query has its records, and how it asks for the next page
"""
