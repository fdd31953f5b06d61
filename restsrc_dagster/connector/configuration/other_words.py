"""What a key, or a kind, is called elsewhere, and how it is said here.

Words of Airbyte's manifests, of Singer taps, Fivetran, requests, OAuth, and of dlt in Python. They
are compared without `_`, `-` and capitals. What stands in backticks is a key, or a kind, of the
models: `http.timeout_seconds` and `client.base_url` by the objects that hold them, `primary_key` of
a resource and `schedule` of the file by their names alone.
"""

from collections.abc import Mapping

from restsrc_dagster.connector.configuration.word import (
    ANYWHERE,
    KIND_OF_AUTH,
    KIND_OF_PAGINATOR,
    OtherWords,
    Place,
    plain,
)

_REQUEST_DATA = "`auth.access_token_request_data` of an oauth2 kind"
_LOGIN = "`auth.login` of a session_token"
_SIGNED = "a kind of your own, in Python, that is registered by dlt's register_auth"
_OF_PARENT = "a placeholder in `endpoint.path`: {resources.<parent>.<field>}"
_AGAIN = (
    "unknown key; requests that fail are tried again without being asked to; how long a rate limit "
    "is waited out is `http.max_wait_seconds`"
)
_WINDOW = "`reading.<resource>.window.size`, such as 31 days"
_OWN_NAME = "one of `endpoint.params`, by the API's name for it"

OTHER_WORDS: tuple[OtherWords, ...] = (
    # The file and the client
    OtherWords("streams tables endpoints", "`resources`", frozenset({"file"})),
    OtherWords(
        "url_base api_url api_base api_base_url base_uri root_url endpoint_url", "`client.base_url`"
    ),
    OtherWords("retriever requester http_requester", "`endpoint`; what all share is in `client`"),
    OtherWords("timeout request_timeout read_timeout connect_timeout", "`http.timeout_seconds`"),
    OtherWords("total_timeout max_time max_duration", "`http.max_request_seconds`"),
    OtherWords("max_response_size max_body_size max_content_length", "`http.max_response_mb`"),
    OtherWords(
        "rate_limit throttle requests_per_minute api_budget call_rate",
        "`http.requests_per_second`",
    ),
    OtherWords(
        "concurrency concurrency_level max_workers max_connections", "`http.max_concurrency`"
    ),
    OtherWords("max_page_count", "`http.max_pages`"),
    OtherWords(
        "max_retries retries retry retry_count max_attempts backoff backoff_factor "
        "backoff_strategies backoff_strategy retry_policy",
        told=_AGAIN,
    ),
    OtherWords(
        "verify ssl_verify verify_ssl ca_bundle trust_certificates ca_certificates",
        "`http.ca_bundle`, a file with the certificates of your own authority",
        ANYWHERE - {"http"},
    ),
    OtherWords(
        "cert client_cert client_certificate mtls", "`http.client_certificate`", ANYWHERE - {"http"}
    ),
    OtherWords(
        "proxies proxy http_proxy https_proxy proxy_url", "`http.proxy`", ANYWHERE - {"http"}
    ),
    OtherWords("cookies user_agent", "one of `client.headers`"),
    OtherWords(
        "allow_redirects follow_redirects",
        told="unknown key; redirects are followed; hosts that may get the credentials are in "
        "`http.allowed_hosts`",
    ),
    OtherWords(
        "cron cron_expression schedule_interval sync_frequency frequency poll_interval",
        "`schedule`, by mode and interval",
        ANYWHERE - {"schedule"},
    ),
    OtherWords(
        "cron cron_expression", "`schedule.mode` and `schedule.interval`", frozenset({"schedule"})
    ),
    OtherWords(
        "sync_frequency frequency poll_interval schedule_interval every",
        "`schedule.interval`",
        frozenset({"schedule"}),
    ),
    OtherWords(
        "session",
        told="takes a Python object, which a file cannot hold; use http, beside configuration",
        of_dlt=True,
    ),
    OtherWords(
        "type",
        told="unknown key; an auth, a paginator and a param with a cursor have a type; remove it",
        where=frozenset({"client", "resource", "endpoint", "incremental"}),
    ),
    # Auth
    OtherWords("authenticator authentication authorization", "`client.auth`", ANYWHERE - {"auth"}),
    OtherWords(
        "auth_token api_token bearer_token access_token",
        '`client.auth`, as {"type": "bearer", "token": "${…}"}',
        ANYWHERE - {"auth"},
    ),
    OtherWords(
        "auth_token api_token bearer_token access_token",
        "`auth.token` of a bearer",
        frozenset({"auth"}),
    ),
    OtherWords(
        "api_key",
        '`client.auth`, as {"type": "api_key", "name": …, "api_key": "${…}"}',
        ANYWHERE - {"auth"},
    ),
    OtherWords("username password", "`client.auth`, as http_basic", ANYWHERE - {"auth"}),
    OtherWords(
        "header header_name key_name param_name field_name", "`auth.name`", frozenset({"auth"})
    ),
    OtherWords(
        "inject_into request_option add_to in",
        "`auth.location`, header or query",
        frozenset({"auth"}),
    ),
    OtherWords(
        "token_url token_uri token_endpoint token_refresh_endpoint auth_endpoint oauth_endpoint "
        "refresh_token_url",
        "`auth.access_token_url` of an oauth2 kind",
    ),
    OtherWords("scope scopes audience grant_type refresh_request_body", f"in {_REQUEST_DATA}"),
    OtherWords(
        "refresh_token refresh_token_updater",
        "`auth.refresh_token` of an oauth2_refresh_token",
    ),
    OtherWords(
        "expires_in expires_in_name token_expiry_date token_lifetime",
        "`auth.default_token_expiration`, in seconds",
    ),
    OtherWords("session_token login login_requester session_token_path", _LOGIN),
    # The request
    OtherWords("http_method verb", "`endpoint.method`"),
    OtherWords(
        "request_parameters request_params query query_params query_parameters query_string",
        "`endpoint.params`",
    ),
    OtherWords("request_headers http_headers", "`endpoint.headers`"),
    OtherWords("request_body_json body_json json_payload", "`endpoint.json`"),
    OtherWords("request_body_data form form_data", "`endpoint.data`"),
    OtherWords("request_body body payload", "`endpoint.json`, or `endpoint.data` for a form"),
    # Where the records are, and what becomes of them
    OtherWords(
        "record_selector extractor dpath_extractor field_path field_pointers records_jsonpath "
        "records_path record_path data_path response_path results_key",
        "`endpoint.data_selector`",
    ),
    OtherWords("record_filter", '`processing_steps`, as {"filter": "…"}'),
    OtherWords(
        "transformations add_fields remove_fields post_process", '`processing_steps`, as {"map": …}'
    ),
    OtherWords(
        "decoder json_decoder jsonl_decoder csv_decoder xml_decoder response_format file_type",
        "`reading.<resource>.format`, beside configuration: json, jsonl, csv, xml or text",
        ANYWHERE - {"reading"},
    ),
    OtherWords(
        "gzip_decoder zipfile_decoder compression_format compression",
        "`reading.<resource>.compression`, beside configuration: gzip, zip or zstd",
        ANYWHERE - {"reading"},
    ),
    OtherWords(
        "schema json_schema schema_loader inline_schema",
        told="unknown key; columns come from the records; hints for them go into `columns`",
    ),
    OtherWords("key_properties unique_key table_key_properties", "`primary_key`"),
    OtherWords("stream_name tap_stream_id", "`name`"),
    OtherWords(
        "replication_method sync_mode destination_sync_mode",
        "`write_disposition`, and an `endpoint.incremental` for what is new only",
    ),
    # The cursor
    OtherWords("incremental_sync datetime_based_cursor stream_slicer", "`endpoint.incremental`"),
    OtherWords(
        "cursor_field cursor_column replication_key incremental_key bookmark_key",
        "`endpoint.incremental.cursor_path`",
    ),
    OtherWords("start_datetime start_date start_time", "`endpoint.incremental.initial_value`"),
    OtherWords(
        "end_datetime end_date end_time",
        "`endpoint.incremental.end_value`, for a range that is read once; without it a run reads "
        "all that is new",
    ),
    OtherWords(
        "datetime_format date_format time_format cursor_format cursor_datetime_formats",
        "`endpoint.incremental.convert`, such as epoch_seconds or %Y-%m-%d",
    ),
    OtherWords("start_time_option", "`endpoint.incremental.start_param`"),
    OtherWords("end_time_option", "`endpoint.incremental.end_param`"),
    OtherWords("lookback_window lookback lookback_days", "`endpoint.incremental.lag`, in seconds"),
    OtherWords("step window_size slice_range window_in_days slice_size", _WINDOW),
    OtherWords("window windows", _WINDOW, ANYWHERE - {"reading"}),
    OtherWords(
        "cursor_granularity",
        told="unknown key; nothing is lost or doubled where two windows meet; remove it",
    ),
    OtherWords(
        "transform",
        told="takes a Python function, which a file cannot hold; convert takes the name of a "
        "format",
        of_dlt=True,
    ),
    # Parents
    OtherWords(
        "partition_router", f"{_OF_PARENT}; for a list of values, `values` beside configuration"
    ),
    OtherWords(
        "substream substream_partition_router parent_stream parent_streams "
        "parent_stream_configs parent_stream_type parent parent_key partition_field",
        _OF_PARENT,
    ),
    OtherWords(
        "list_partition_router partitions_list slices",
        "`values`, beside configuration, as {resources.<name>.value} in a request",
    ),
    # Answers that are no good, and the end of a list
    OtherWords(
        "error_handler error_handlers response_filters http_response_filter http_codes "
        "ignore_status_codes ignore_http_codes extra_retry_statuses",
        "`endpoint.response_actions`, for answers that are no failures",
    ),
    OtherWords("stop_condition stop_when last_page_when", "`reading.<resource>.last_page`"),
    OtherWords(
        "async_retriever creation_requester polling_requester download_requester status_mapping "
        "status_extractor download_target_extractor",
        "a resource that creates the job, its child with `reading.<resource>.wait_until`, and the "
        "child of that, which fetches",
    ),
    OtherWords(
        "soft_delete hard_deletes delete_detection deleted_records deletion_cursor "
        "is_deleted_field",
        "`reading.<resource>.deletes`",
    ),
    OtherWords("poll_until ready_when until", "`reading.<resource>.wait_until`"),
    OtherWords("polling_interval poll_every", "`reading.<resource>.every`"),
    OtherWords(
        "polling_job_timeout poll_timeout max_wait max_polling_time", "`reading.<resource>.at_most`"
    ),
    OtherWords(
        "pagination pagination_strategy pager", "`client.paginator`", ANYWHERE - {"paginator"}
    ),
    OtherWords("pagination_strategy strategy", "`paginator.type`", frozenset({"paginator"})),
    OtherWords("page_size per_page page_size_option", _OWN_NAME, ANYWHERE - {"paginator"}),
    OtherWords(
        "page_size per_page page_size_option",
        f"`paginator.limit` of an offset; else {_OWN_NAME}",
        frozenset({"paginator"}),
    ),
    OtherWords(
        "page_token_option next_page_token_param",
        "`paginator.cursor_param`, `paginator.page_param` or `paginator.offset_param`",
    ),
    OtherWords(
        "cursor_value next_page_token next_page_token_path next_page_token_jsonpath "
        "next_cursor_path",
        "`paginator.cursor_path` of a cursor",
    ),
    OtherWords("start_from_page start_page first_page", "`paginator.base_page` of a page_number"),
    # Kinds of auth
    OtherWords(
        "bearer_authenticator bearer_token token access_token auth_token", "`bearer`", KIND_OF_AUTH
    ),
    OtherWords("api_key_authenticator api_token header x_api_key", "`api_key`", KIND_OF_AUTH),
    OtherWords("basic_http_authenticator basic basic_auth http", "`http_basic`", KIND_OF_AUTH),
    OtherWords("client_credentials oauth2_client", "`oauth2_client_credentials`", KIND_OF_AUTH),
    OtherWords(
        "oauth oauth2 oauth_authenticator",
        "`oauth2_refresh_token` or `oauth2_client_credentials`",
        KIND_OF_AUTH,
    ),
    OtherWords(
        "refresh_token oauth_refresh_token single_use_refresh_token authorization_code",
        "`oauth2_refresh_token`",
        KIND_OF_AUTH,
    ),
    OtherWords("password_grant oauth2_password_grant", "`oauth2_password`", KIND_OF_AUTH),
    OtherWords("session_token_authenticator session login", "`session_token`", KIND_OF_AUTH),
    OtherWords("oauth_jwt oauth_jwt_auth service_account jwt_bearer", "`oauth2_jwt`", KIND_OF_AUTH),
    OtherWords("jwt_authenticator", "`jwt`", KIND_OF_AUTH),
    OtherWords("digest digest_auth", "`http_digest`", KIND_OF_AUTH),
    OtherWords("oauth1_authenticator oauth_1 oauth10a", "`oauth1`", KIND_OF_AUTH),
    OtherWords("aws sigv4 aws_iam aws_signature_v4", "`aws_sigv4`", KIND_OF_AUTH),
    OtherWords("hmac custom custom_authenticator", _SIGNED, KIND_OF_AUTH),
    OtherWords(
        "selective_authenticator", "the one that is chosen, or a file for each", KIND_OF_AUTH
    ),
    OtherWords("no_auth none", "no key at all: leave auth out", KIND_OF_AUTH),
    # Kinds of paginators
    OtherWords(
        "cursor_pagination cursor_based jsonpath_paginator token next_token",
        "`cursor`",
        KIND_OF_PAGINATOR,
    ),
    OtherWords("page_increment page page_based", "`page_number`", KIND_OF_PAGINATOR),
    OtherWords("offset_increment limit_offset offset_limit", "`offset`", KIND_OF_PAGINATOR),
    OtherWords("link_header header_link_paginator rfc5988", "`header_link`", KIND_OF_PAGINATOR),
    OtherWords("next_url next_link hateoas odata request_path", "`json_link`", KIND_OF_PAGINATOR),
    OtherWords("simple_header_paginator", "`header_cursor`", KIND_OF_PAGINATOR),
    OtherWords("no_pagination none single", "`single_page`", KIND_OF_PAGINATOR),
    OtherWords(
        "default_paginator",
        "the kind of its pagination_strategy: `cursor`, `page_number` or `offset`",
        KIND_OF_PAGINATOR,
    ),
    OtherWords(
        "custom custom_pagination_strategy",
        "a kind of your own, in Python, which is registered by dlt's register_paginator",
        KIND_OF_PAGINATOR,
    ),
    OtherWords("stop_condition", "`reading.<resource>.last_page`", KIND_OF_PAGINATOR),
)


_TABLE: Mapping[tuple[Place, str], OtherWords] = {
    (place, plain(word)): row
    for row in OTHER_WORDS
    for word in row.words.split()
    for place in row.where
}


def other_words(place: Place | None, word: str) -> OtherWords | None:
    """What is known of a word that is no key, or no kind, at that place."""
    return None if place is None else _TABLE.get((place, plain(word)))
