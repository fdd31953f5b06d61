"""Where load packages are, and what is noted of their jobs."""

from pathlib import Path

import dlt
import pytest
from dlt.common.storages import ParsedLoadJobFileName
from dlt.pipeline.exceptions import PipelineStepFailed

from restsrc_dagster.dlt_compat.packages import (
    is_of_new_job,
    last_exception,
    normalized_packages,
)


def test_a_job_that_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`_get_load_storage` is asked for it."""
    monkeypatch.setenv("LOAD__RAISE_ON_MAX_RETRIES", "1")
    pipeline = dlt.pipeline(
        "acme",
        destination=dlt.destinations.duckdb(str(tmp_path / "acme.duckdb")),
        dataset_name="acme",
        pipelines_dir=str(tmp_path),
    )
    assert not normalized_packages(pipeline).exists() or not any(
        normalized_packages(pipeline).iterdir()
    )
    pipeline.extract([{"a": 1}], table_name="items", loader_file_format="parquet")
    pipeline.normalize()
    (load_id,) = pipeline.list_normalized_load_packages()
    (folder,) = normalized_packages(pipeline).iterdir()
    assert folder.name == load_id
    files = [file for file in folder.rglob("*") if is_of_new_job(str(file))]
    assert sorted(file.suffix for file in files) == [".gz", ".parquet"]
    records = next(file for file in files if file.suffix == ".parquet")
    records.write_bytes(b"no parquet")
    with pytest.raises(PipelineStepFailed):
        pipeline.load()
    for file, _ in pipeline.list_pending_retry_jobs_in_package(load_id):
        job = ParsedLoadJobFileName.parse(Path(file).name)
        assert "parquet" in last_exception(pipeline, load_id, job)
    other = ParsedLoadJobFileName("items", "other", 0, "parquet")
    with pytest.raises(FileNotFoundError):
        last_exception(pipeline, load_id, other)
