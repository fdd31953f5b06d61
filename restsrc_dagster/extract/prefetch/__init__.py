"""Requests that are known to come, sent before their turn.

requests        one such request, and the plan that it is from
prefetcher      sends them, within the connector's budget and some memory
"""
