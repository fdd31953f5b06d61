"""Arguments of dlt's destinations that are data: a name, a place, a credential, a number.

Everything else a library executes, or opens as a file, in the process of the worker: DuckDB's
`pragmas`, `statements`, `extensions` and most of its configuration (`COPY … TO` writes any file,
`LOAD` runs one), arguments of SQLAlchemy's `create_engine` and of fsspec's file systems, an ODBC
driver that is a path, SQL in options of `COPY`. Numbers and booleans are data under any name.
"""

import re
from collections.abc import Mapping, Set


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


TYPES = _words(
    """athena bigquery clickhouse databricks dremio duckdb ducklake dummy fabric filesystem lance
    lancedb motherduck mssql postgres qdrant redshift snowflake sqlalchemy synapse weaviate"""
)
"""dlt's own that a file may name: all but `destination`, which calls a function by its path."""

IDENTIFIER = re.compile(r"[\w. -]*")
"""What stands in SQL between quotes, or without."""
WORDS: Mapping[str, re.Pattern[str]] = {
    "replace_strategy": re.compile(r"[a-z-]+"),
    "naming_convention": re.compile(r"snake_case|duck_case|direct|sql_c[is]_v1|s3_tables"),
    "environment": IDENTIFIER,
    "layout": re.compile(r"(?!.*(?:\.\.|::))[^/\\].*\{(?:ext|file_id|load_id)\}"),
    "current_datetime": re.compile(r"[\w:.+ -]*"),
    "stage_name": IDENTIFIER,
    "query_tag": re.compile(r"""[^'"\\;]*"""),
    "location": re.compile(r"[^'\";]*"),
    "default_table_index_type": IDENTIFIER,
    "table_engine_type": IDENTIFIER,
    "collation": IDENTIFIER,
    "athena_work_group": IDENTIFIER,
    "aws_data_catalog": IDENTIFIER,
    "insert_api": IDENTIFIER,
    "staging_volume_name": IDENTIFIER,
    "staging_data_source": IDENTIFIER,
    "dataset_table_separator": IDENTIFIER,
    "dataset_separator": IDENTIFIER,
    "vector_field_name": IDENTIFIER,
    "branch_name": IDENTIFIER,
    "catalog_type": IDENTIFIER,
    "connection_type": IDENTIFIER,
    "batch_consistency": IDENTIFIER,
    "vectorizer": IDENTIFIER,
}
"""Arguments of any destination that are texts, and what they look like."""
NO_DATABASE = re.compile(
    r".*(?:\.(?:py|pyc|pth|so|sh|json|ya?ml|toml|cfg|ini|env|wal|restsrc-lock)|-(?:wal|shm|journal))",
    re.IGNORECASE | re.DOTALL,
)
"""Paths of files that others execute or read, or that lie beside a database."""
MAPPINGS = _words(
    """extra_placeholders deltalake_configuration iceberg_table_properties module_config
    iceberg_namespace_properties table_properties"""
)
"""Arguments that are objects of plain values, which no library executes."""
PLACES = _words(
    """credentials bucket_url query_result_bucket lance_uri qd_location qd_path staging_iam_role
    staging_credentials_name project_id deltalake_storage_options db_location destination_name"""
)
"""Where rows go, and as whom: what a policy has to list. By another `destination_name` dlt takes
other settings of the deployment."""

CREDENTIALS = _words(
    """database host port username password drivername connect_timeout client_encoding
    session_timezone read_only custom_user_agent aws_access_key_id aws_secret_access_key
    aws_session_token region_name endpoint_url profile_name s3_url_style
    azure_storage_account_name azure_storage_account_key azure_storage_sas_token
    azure_account_host azure_client_id azure_client_secret azure_tenant_id project_id private_key
    private_key_id client_email token_uri auth_uri type client_id client_secret client_type
    refresh_token token scopes hf_token hf_endpoint universe_domain auth_provider_x509_cert_url
    client_x509_cert_url sftp_username sftp_password sftp_key_filename sftp_key_passphrase
    sftp_port sftp_timeout warehouse role authenticator private_key_path private_key_passphrase
    application access_token catalog http_path server_hostname api_key uri url location path
    region driver secure http_port ducklake_name storage metadata_schema query global_config"""
)
"""Keys of `credentials` of any destination. Those of an object below them are looked at alone."""
BELOW_CREDENTIALS: Mapping[str, Set[str]] = {
    "global_config": _words(
        """memory_limit max_memory threads worker_threads preserve_insertion_order timezone
        default_null_order default_order"""
    ),
    "query": _words(
        """host port user sslmode sslrootcert sslcert sslkey sslpassword ssl ssl_ca ssl_cert
        ssl_key ssl_disabled ssl_verify_cert ssl_verify_identity charset collation
        connect_timeout read_timeout write_timeout application_name options client_encoding
        channel_binding keepalives keepalives_idle target_session_attrs gssencmode driver
        encrypt trustservercertificate timeout mode sql_mode use_unicode program_name autocommit
        secure verify warehouse role motherduck_token attach_mode saas_mode read_only
        session_timezone dbinstance_name"""
    ),
}
"""Parameters of a database's address are those of `query`."""
SETTING = re.compile(r"[\w. %/+-]*")
"""A value of DuckDB's configuration: dlt puts it into SQL, where DuckDB refuses it otherwise."""
LAKE = re.compile(r"[\w:/.@?=&%+-]+")
"""A text of DuckLake's credentials, whose parts stand in SQL."""
CREDENTIAL_WORDS: Mapping[str, re.Pattern[str]] = {
    "driver": IDENTIFIER,
    "session_timezone": re.compile(r"[\w/+-]*"),
    "ducklake_name": re.compile(r"\w+"),
    "metadata_schema": re.compile(r"\w+"),
    "storage": re.compile(r"(?!.*::)[^'\";]*"),
    "authenticator": re.compile(r"[\w.:/-]*"),
}
SQLALCHEMY = _words("mysql mariadb postgresql sqlite mssql oracle db2 trino cockroachdb")
"""Dialects of SQLAlchemy's own kind of address; another one is whatever is installed."""
BUCKETS = _words("file s3 s3a gs gcs gdrive az azure adl abfs abfss hf sftp memory")
"""dlt's kinds of buckets; fsspec knows more, and chains of them."""
