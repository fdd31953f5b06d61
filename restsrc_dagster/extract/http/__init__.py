"""Requests: who may be asked, with what, when, and how often.

session             what dlt asks with; answers that were asked for before their turn
kept_answers        of requests that create a job, which are not sent twice
allowed_origins     whom the requests of a connector may go to
credentials         requests to other hosts go without them
request_values      what values become in a request
request_context     for which resource a thread asks, and how it waits
adapter             one request, through all that follows
origin_guard        where it may go, with which credentials
polling             how long an answer that is not ready is waited for
retrying            a request that is sent again, as `retry` decides
retry               what a refused, broken or missing answer leads to
transient           what a status or an error alone says of the next try
rate_limits         when an API says that it may be asked again
exchange            the request and its answer, once
budget              when it may be sent: one throttle for all threads, and its lock
throttle            when the next request may start
dialling            connections go to the addresses that were asked about, and no others
connecting          certificates of the client and of issuers, and a proxy
signature           signatures that are made when a request is sent
gate                connections that ask at the last moment
patience            how long an answer is waited for, as a whole
metrics             what requests cost, and what they wait for
"""
