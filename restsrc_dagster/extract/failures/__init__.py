"""What becomes of an exception.

failures        from a chain of exceptions to one sentence, without secrets
contracts       what dlt's schema contracts refused
isolation       one resource that fails does not stop the others
"""
