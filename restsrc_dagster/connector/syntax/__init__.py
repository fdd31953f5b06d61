"""The small languages inside a configuration.

references      `${NAME}`: a variable of the environment
placeholders    `{resources.users.id}`: what dlt fills in
expression      JMESPath
fields          `contacts[*].phone`: fields of a record
origins         scheme, host and port
"""
