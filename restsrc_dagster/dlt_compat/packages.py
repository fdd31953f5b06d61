"""Where dlt keeps the load packages of a pipeline, and what it has noted of their jobs."""

from pathlib import Path

from dlt.common.storages import ParsedLoadJobFileName
from dlt.common.storages.load_package import PackageStorage
from dlt.pipeline.pipeline import Pipeline


def normalized_packages(pipeline: Pipeline) -> Path:
    """The folder of the packages that are to be loaded, which may not be there yet."""
    return Path(pipeline.working_dir) / "load" / "normalized"


def is_of_new_job(file: str) -> bool:
    """Whether a file in a folder of packages holds records, which are read and moved only."""
    return Path(file).parent.name == PackageStorage.NEW_JOBS_FOLDER


def last_exception(pipeline: Pipeline, load_id: str, job: ParsedLoadJobFileName) -> str:
    """What a job that has failed has come to; raises FileNotFoundError where nothing is noted."""
    packages = pipeline._get_load_storage().normalized_packages
    return str(packages.get_last_job_exception(load_id, job)[1])
