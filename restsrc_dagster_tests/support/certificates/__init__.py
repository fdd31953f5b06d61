"""Self-signed certificates with their keys, which protect nothing: for tests of TLS on loopback.

`local` is for localhost, `elsewhere` for another host, `expired` was for localhost.
"""

import ssl
from pathlib import Path

FOLDER = Path(__file__).parent


def path_of(name: str) -> Path:
    """The PEM file of a certificate."""
    return FOLDER / f"{name}.pem"


def served(name: str) -> ssl.SSLContext:
    """For a server that shows this certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path_of(name))
    return context
