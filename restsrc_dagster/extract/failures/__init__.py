"""What becomes of an exception.

explain         from a chain of exceptions to one sentence, without secrets
silence         why nobody answered, in a sentence
contracts       what dlt's schema contracts refused
isolation       one resource that fails does not stop the others
"""
