"""What signs the requests.

packages            what only some kinds need to be installed
kinds               the class that signs for each kind of auth; dlt learns of ours
context             what it works with: who asks for tokens, and where they are held
tokens              the tokens of a load, each obtained once for all who need it
kept                tokens that have to be kept between loads
clock               by how much the API's clock differs from ours
shared_token        a token that is obtained, and again when it is old or refused
token_request       OAuth 2.0: a token that a server is asked for
client_credentials  dlt's kind of it
refresh_token       a token for a refresh token, which may be another one each time
oauth2_jwt          a token for a signed assertion
session_token       a token that a login gives
jwt                 a token that is signed here
signed              a signature for each request, made when it is sent
http_digest         user name and password, as digests
oauth1              OAuth 1.0a
aws_sigv4           as AWS wants it
"""
