"""Why nobody answered, in a sentence: what urllib3 says of it is a chain of classes."""

import re

_KNOWN = (
    (
        re.compile(r"Failed to resolve '(?P<host>[^']+)'"),
        "no address is known for the name {host}; check it in configuration.client.base_url, and "
        "that this machine can look it up",
    ),
    (
        re.compile(r"host='(?P<host>[^']+)', port=(?P<port>\d+)\).*Connection refused"),
        "nothing listens at {host}, port {port} (connection refused); check "
        "configuration.client.base_url, and whether the API is up",
    ),
    (
        re.compile(
            r"host='(?P<host>[^']+)', port=(?P<port>\d+)\).*"
            r"(?:connect timeout=(?P<seconds>[\d.]+)|ConnectTimeoutError)"
        ),
        "no connection came about to {host}, port {port}{seconds}; check "
        "configuration.client.base_url, and whether a firewall or a VPN is between",
    ),
    (
        re.compile(r"host='(?P<host>[^']+)', port=(?P<port>\d+)\).*(?:No route|unreachable)"),
        "no way leads to {host}, port {port}, from this machine",
    ),
)


def why_silent(error: object) -> str:
    """`https://…: nothing listens at …` of what a request has failed with; else as it says."""
    text = str(error)
    url, _, reason = text.partition(": ")
    for pattern, sentence in _KNOWN:
        if found := pattern.search(reason):
            values = found.groupdict()
            if "seconds" in values:
                seconds = values["seconds"]
                values["seconds"] = f" within {float(seconds):g} s" if seconds else ""
            return f"{url}: {sentence.format(**values)}"
    return text
