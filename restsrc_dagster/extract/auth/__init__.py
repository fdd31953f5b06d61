"""What signs the requests.

kinds               the class that signs for each kind of auth
client_credentials  a token that may be revoked before its time
"""
