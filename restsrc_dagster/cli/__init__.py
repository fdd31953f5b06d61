"""The command `restsrc`.

main            the commands
add             `restsrc add`: from an API's documentation to a connector that runs
given           what it is made of: a configuration, a curl command, a document, a recipe
recipes         `restsrc recipes`: connectors of well-known APIs
sample          `restsrc test`: what the API really answers
plan            `restsrc plan`: what the next run would do
common          finding a connector, printing problems
stamp           writing `created_at` into a file
reload          telling a running Dagster
"""
