"""Signature Version 4 of AWS, as botocore makes it."""

from typing import Any

import requests
from dlt.common.configuration import configspec
from dlt.common.typing import TSecretStrValue

from restsrc_dagster.extract.auth.packages import wanted
from restsrc_dagster.extract.auth.signed import REQUIRED, Signed

NOT_SIGNED = frozenset({"connection", "accept-encoding", "user-agent", "content-length", "expect"})
"""Headers that a proxy may change on the way."""
OF_A_SIGNATURE = frozenset(
    {"authorization", "x-amz-date", "x-amz-security-token", "x-amz-content-sha256"}
)


@configspec
class AwsSigV4(Signed):
    """Each request is signed by a key of AWS."""

    access_key_id: TSecretStrValue = REQUIRED
    secret_access_key: TSecretStrValue = REQUIRED
    session_token: TSecretStrValue | None = None
    region: str = REQUIRED
    service: str = "execute-api"

    def prepare(self) -> None:
        """Raises MissingPackage."""
        _ = self._botocore

    @property
    def _botocore(self) -> Any:
        wanted("aws_sigv4", "botocore.auth", "aws")
        wanted("aws_sigv4", "botocore.credentials", "aws")
        return wanted("aws_sigv4", "botocore", "aws")

    def sign(self, request: requests.PreparedRequest) -> None:
        kept = {
            name: value
            for name, value in request.headers.items()
            if name.lower() not in NOT_SIGNED and not _is_of_a_signature(name)
        }
        of_aws = self._botocore
        described = of_aws.awsrequest.AWSRequest(
            method=request.method, url=request.url, data=request.body or b"", headers=kept
        )
        key = of_aws.credentials.Credentials(
            self.access_key_id, self.secret_access_key, self.session_token
        )
        of_aws.auth.SigV4Auth(key, self.service, self.region).add_auth(described)
        for name, value in described.headers.items():
            if _is_of_a_signature(name):
                request.headers[name] = value


def _is_of_a_signature(name: str) -> bool:
    return name.lower() in OF_A_SIGNATURE
