"""What connector files may do in a deployment.

`model` is a policy file, checked; `file` reads it. `variables` says which variables a connector may
read, `addresses` and `hosts` which addresses it may reach, `places` which files, `destinations`
which destinations (`database_hosts` where they are), and with which `arguments`. `refusals` is all
of it that is known of a file by itself.

Without a policy nothing is refused here but what no file may do anywhere.
"""
