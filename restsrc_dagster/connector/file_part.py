"""An object of a connector file beside `configuration`."""

from pydantic import BaseModel, ConfigDict


class FilePart(BaseModel):
    """What it says is checked as it is written: no other key, and no value of another type."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
