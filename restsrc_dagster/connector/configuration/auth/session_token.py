"""A token that a login gives."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, model_validator
from typing_extensions import Self

from restsrc_dagster.connector.configuration.auth.kind import AuthKind
from restsrc_dagster.connector.configuration.part import JsonPath, Name, Part, config_error

WHERE_IT_IS = ("token_path", "token_header", "token_cookie")


class Login(Part):
    """The request that logs in."""

    url: Name = Field(description="Where: a path below base_url, or a whole address.")
    method: Literal["POST", "GET", "PUT"] = Field("POST", description="By which method.")
    params: dict[str, Any] | None = Field(None, description="Its query.")
    headers: dict[str, str] | None = Field(None, description="Its headers.")
    json_: dict[str, Any] | None = Field(None, alias="json", description="Its body, as JSON.")
    data: dict[str, Any] | None = Field(None, description="Its body, as form fields.")
    username: str | None = Field(None, description="A user's name, for HTTP Basic.")
    password: str | None = Field(None, description="The password, best as a ${NAME} reference.")

    @model_validator(mode="after")
    def _has_one_body(self) -> Self:
        if self.json_ is not None and self.data is not None:
            raise config_error("and json exclude each other; remove one", at="data")
        if (self.username is None) != (self.password is None):
            raise config_error("wants a password beside it, as HTTP Basic", at="username")
        return self


class SessionToken(Part):
    """A token that a login gives: once for all requests, and again when the API refuses it."""

    type: Literal["session_token"]
    login: Login = Field(description="The request whose answer has the token.")
    token_path: JsonPath | None = Field(
        None, description="Where the token is in the body of the answer, as a JSONPath."
    )
    token_header: Name | None = Field(None, description="The header of the answer that holds it.")
    token_cookie: Name | None = Field(None, description="The cookie of the answer that holds it.")
    name: Name = Field(
        "Authorization", description="The header, query parameter or cookie that it is sent in."
    )
    location: Literal["header", "query", "param", "cookie"] = Field(
        "header", description="Where it is sent; `param` is another word for `query`."
    )
    prefix: str | None = Field(
        None,
        description="What stands before it; `Bearer ` in the header Authorization, else nothing.",
    )
    default_token_expiration: int | None = Field(
        None,
        gt=0,
        description="Seconds that a token lives; without it, until the API refuses it.",
    )
    expires_in_path: JsonPath | None = Field(
        None, description="Where the answer says how many seconds it lives, as a JSONPath."
    )
    refused_with: list[int] | None = Field(
        None,
        min_length=1,
        description="The statuses by which the API says that a token is good no more; without it, "
        "401.",
    )

    @model_validator(mode="after")
    def _is_found_in_one_place(self) -> Self:
        if len([one for one in WHERE_IT_IS if getattr(self, one) is not None]) != 1:
            raise config_error(
                f"wants one of {', '.join(WHERE_IT_IS)}: where the login's answer has the token"
            )
        return self


class _SessionTokenKind(AuthKind):
    def token_urls(self, auth: Mapping[str, Any]) -> Any:
        login = auth.get("login")
        if isinstance(login, dict) and isinstance(login.get("url"), str):
            yield "login.url", login["url"]


SESSION_TOKEN = _SessionTokenKind(
    model=SessionToken,
    public=frozenset({*WHERE_IT_IS, "name", "location", "prefix", "expires_in_path"}),
    never_empty=frozenset(),
)
