"""What is asked of exports."""

from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from mien.results.history.exporting import Format
from mien.results.history.selection import Asked

Who = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class ExportAsked(BaseModel):
    """Of whom, by names or ids (nobody: everybody), of which camera (none: all), from when until when, in which form.

    The end is excluded. Without one it is now, without a beginning a week before; at most 366 days.
    """

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    person: Annotated[list[Who], Field(max_length=50)] = []
    camera: Annotated[str, Field(max_length=500)] = ""
    begin: Annotated[AwareDatetime | None, Field(alias="from")] = None
    end: Annotated[AwareDatetime | None, Field(alias="to")] = None
    form: Annotated[Format | None, Field(alias="format", description="Without it, html of a report and csv else.")] = (
        None
    )

    dry_run: Annotated[bool, Field(description="Only say what the file would be called; nothing is on record.")] = False

    def asked(self) -> Asked:
        """The same for whoever writes it out."""
        return Asked(tuple(self.person), self.camera, self.begin, self.end)


class ExportForeseen(BaseModel):
    """What a file would be called that can be asked for."""

    name: str
