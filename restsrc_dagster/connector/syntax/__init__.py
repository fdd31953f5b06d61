"""The small languages inside a configuration.

variables         `${NAME:-default}`: what is a reference, and what its text stands for
references        where references to variables stand, and resolving them
placeholders      `{resources.users.id}`: what dlt fills in
expression        JMESPath
functions         its functions, and those that are added to them
response_actions  what is done about an answer, and by what of its content
fields            `contacts[*].phone`: fields of a record
origins           scheme, host and port
local_paths       paths of files, and which of them are one file
"""
