"""The tree of settings: which sections there are, and what a camera may have of its own."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import platformdirs
from pydantic import AfterValidator, Field
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from mien.events.rules import EventSettings
from mien.gallery.thresholds import EnrolmentSettings, MatchingSettings
from mien.inference.session import RuntimeSettings
from mien.pipeline.cadence import CadenceSettings
from mien.sources.source import SourceSettings
from mien.tracking.smoothing import SmoothingSettings
from mien.tracking.tracker import FollowingSettings, TrackingSettings
from mien.vision.detection.detector import DetectionSettings

ENVIRONMENT_PREFIX = "MIEN_"
ENVIRONMENT_NESTING = "__"
Folder = Annotated[Path, AfterValidator(lambda path: path.expanduser())]


@dataclass(frozen=True, slots=True)
class RecognitionSettings:
    """Which network tells people apart; ``model`` names a card of the catalogue."""

    model: str = "mobilefacenet"


@dataclass(frozen=True, slots=True)
class EmotionSettings:
    """Which network reads expressions; ``model`` names a card of the catalogue."""

    model: str = "fer8-residual48"


@dataclass(frozen=True, slots=True)
class CameraSettings:
    """One camera: where its pictures come from, and what differs from the other cameras.

    ``source`` is a URL, a file, or the number of a webcam. ``every`` (each n-th frame) or ``fps`` (so many frames a
    second) thins out what is analysed; 0 leaves it to the speed of the machine.
    """

    source: str
    enabled: bool = True
    every: int = 0
    fps: float = 0.0
    capture: SourceSettings = field(default_factory=SourceSettings)
    detection: DetectionSettings = field(default_factory=DetectionSettings)
    tracking: TrackingSettings = field(default_factory=TrackingSettings)
    following: FollowingSettings = field(default_factory=FollowingSettings)
    cadence: CadenceSettings = field(default_factory=CadenceSettings)
    smoothing: SmoothingSettings = field(default_factory=SmoothingSettings)

    def __post_init__(self) -> None:
        if self.every and self.fps:
            raise ValueError("every and fps exclude each other")


class Settings(BaseSettings):
    """All settings. ``home`` holds people and history, ``cache`` the models, ``cameras`` is what is watched."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        coerce_numbers_to_str=True,  # a webcam is written as a bare number
        env_prefix=ENVIRONMENT_PREFIX,
        env_nested_delimiter=ENVIRONMENT_NESTING,
        env_ignore_empty=True,
    )

    home: Folder = Field(default_factory=lambda: platformdirs.user_data_path("mien", appauthor=False))
    cache: Folder = Field(default_factory=lambda: platformdirs.user_cache_path("mien", appauthor=False))
    models_mirror: Folder | None = None
    runtime: RuntimeSettings = Field(default_factory=RuntimeSettings)
    capture: SourceSettings = Field(default_factory=SourceSettings)
    detection: DetectionSettings = Field(default_factory=DetectionSettings)
    recognition: RecognitionSettings = Field(default_factory=RecognitionSettings)
    emotion: EmotionSettings = Field(default_factory=EmotionSettings)
    tracking: TrackingSettings = Field(default_factory=TrackingSettings)
    following: FollowingSettings = Field(default_factory=FollowingSettings)
    cadence: CadenceSettings = Field(default_factory=CadenceSettings)
    smoothing: SmoothingSettings = Field(default_factory=SmoothingSettings)
    matching: MatchingSettings = Field(default_factory=MatchingSettings)
    enrolment: EnrolmentSettings = Field(default_factory=EnrolmentSettings)
    events: EventSettings = Field(default_factory=EventSettings)
    cameras: dict[str, CameraSettings] = Field(default_factory=dict)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003
        init_settings: PydanticBaseSettingsSource,
        *_args: Any,
        **_kwargs: Any,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what is passed in: loading reads the environment itself, to know where each value is from."""
        return (init_settings,)


CAMERA_SECTIONS = ("capture", "detection", "tracking", "following", "cadence", "smoothing")
"""The sections a camera may have of its own; what it leaves out is as in the section of the whole."""
