"""The small languages inside a configuration.

variables       `${NAME:-default}`: what is a reference, and what its text stands for
references      where references to variables stand, and resolving them
placeholders    `{resources.users.id}`: what dlt fills in
expression      JMESPath
fields          `contacts[*].phone`: fields of a record
origins         scheme, host and port
"""
