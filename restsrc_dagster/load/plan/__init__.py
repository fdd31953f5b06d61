"""What a load will do, decided before it reads anything.

known   what the destination knows of the connector
plan    the plan: of each resource, and the passes in which they are read
make    making it, from the file, what is known, and what is asked for; nothing is connected
cursor  where a cursor stands, and what is sent of it
"""
