"""A signature for each request, made when it is sent."""

from typing import Annotated, Any

import requests
from dlt.common.configuration import configspec
from dlt.common.configuration.specs.base_configuration import NotResolved
from dlt.sources.helpers.rest_client.auth import AuthConfigBase
from typing_extensions import Self

from restsrc_dagster.extract.auth.context import AuthContext, of_dlt_alone
from restsrc_dagster.extract.http.signature import sign_when_sent

REQUIRED: Any = None
"""The default that dlt's specs have where an option must be given."""


@configspec
class Signing(AuthConfigBase):
    """An auth that works with a context, which is shared by its copies."""

    context: Annotated[AuthContext | None, NotResolved()] = None

    @property
    def at_hand(self) -> AuthContext:
        """The context; that of dlt alone where no connector gave one."""
        if self.context is None:
            self.context = of_dlt_alone()
        return self.context

    def prepare(self) -> None:
        """Find out now what would hinder it later: a key that cannot be read, a package.

        Raises:
            RestsrcError: there is something.
        """

    def __deepcopy__(self, memo: object) -> Self:
        """Shallow: a session cannot be copied, and dlt masks secrets in its copies."""
        copied = type(self).__new__(type(self))
        copied.__dict__.update(self.__dict__)
        return copied


@configspec
class Signed(Signing):
    """Signs a request each time that it is sent: a signature holds the time, and is good once."""

    def sign(self, request: requests.PreparedRequest) -> None:
        """Put a signature into `request`, in place of another one."""
        raise NotImplementedError

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Sign it, and each time that it is sent."""
        sign_when_sent(request, self.sign)
        return request
