"""The tree of settings: which sections there are, and what a camera may have of its own."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Any, Self
from unicodedata import category

import platformdirs
from pydantic import AfterValidator, Field, ModelWrapValidatorHandler, PrivateAttr, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from mien.domain.errors import UsageError
from mien.events.rules import EventSettings
from mien.gallery.matching.thresholds import EnrolmentSettings, MatchingSettings
from mien.inference.session import RuntimeSettings
from mien.pipeline.intervals import CadenceSettings
from mien.privacy.purpose import PrivacySettings
from mien.service.settings import ServiceSettings
from mien.settings.models import (
    EmotionSettings,
    LivenessSettings,
    PoseSettings,
    QualitySettings,
    RecognitionSettings,
    chosen_twice,
    spelt_out,
    with_brought,
)
from mien.sources.source import SourceSettings
from mien.store.vault.keys import EncryptionSettings
from mien.tracking.smoothing import SmoothingSettings
from mien.tracking.tracker import FollowingSettings, TrackingSettings
from mien.vision.depth.settings import DepthSettings
from mien.vision.detection.detector import DetectionSettings

ENVIRONMENT_PREFIX = "MIEN_"
ENVIRONMENT_NESTING = "__"
CAMERA_SECTIONS = ("capture", "detection", "depth", "tracking", "following", "cadence", "smoothing")
"""The sections a camera may have of its own; what it leaves out is as in the section of the whole."""
_LONGEST_NAME = 200
_UNWRITABLE = ("Cc", "Cs", "Zl", "Zp")  # categories of Unicode: control characters, half ones, ends of lines


def named_camera(name: str) -> str:
    """The name of a camera, which may be any text that an address can end in; raises ValueError where it is none.

    Browsers and proxies resolve . and .. in addresses, and what ends in /preview is the picture of another camera.
    """
    if not name.strip() or len(name) > _LONGEST_NAME:
        raise ValueError(f"the name of a camera has 1 to {_LONGEST_NAME} characters, and not only blanks")
    if any(category(character) in _UNWRITABLE for character in name):
        raise ValueError("the name of a camera is one line of text, without control characters")
    if not {".", ".."}.isdisjoint(name.split("/")) or name.endswith("/preview"):
        raise ValueError(
            "no camera is called . or .., also between slashes, and none ends in /preview: its page would "
            "have the address of another one"
        )
    return name


def openable_source(source: str) -> str:
    """The source of a camera; raises ValueError for an address that nobody can open, whatever is there."""
    from mien.sources.opening import check_address  # loads what decodes, which settings without cameras do without

    try:
        check_address(source)
    except UsageError as error:
        raise ValueError(str(error)) from error
    return source


CameraName = Annotated[str, AfterValidator(named_camera)]
Folder = Annotated[Path, AfterValidator(lambda path: path.expanduser())]


@dataclass(frozen=True, slots=True)
class CameraSettings:
    """One camera: where its pictures come from, and what differs from the other cameras.

    ``source`` is a URL, a file, the number of a webcam, or a camera that measures depth. ``every``
    (each n-th frame) or ``fps`` (so many a second) thins out what is analysed; 0 leaves it to the speed of the machine.
    """

    source: Annotated[str, AfterValidator(openable_source)]
    enabled: bool = True
    every: int = 0
    fps: float = 0.0
    capture: SourceSettings = field(default_factory=SourceSettings)
    detection: DetectionSettings = field(default_factory=DetectionSettings)
    depth: DepthSettings = field(default_factory=DepthSettings)
    tracking: TrackingSettings = field(default_factory=TrackingSettings)
    following: FollowingSettings = field(default_factory=FollowingSettings)
    cadence: CadenceSettings = field(default_factory=CadenceSettings)
    smoothing: SmoothingSettings = field(default_factory=SmoothingSettings)

    def __post_init__(self) -> None:
        if self.every and self.fps:
            raise ValueError("every and fps exclude each other")


class Settings(BaseSettings):
    """All settings. ``home`` holds people and history, ``cache`` the models, ``cameras`` is what is watched.

    A task's model can be chosen in one word, as in ``Settings(detector="mtcnn")``. ``accepted_models`` are restricted
    models whose terms are accepted, beside those that the home has on record.
    """

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
    depth: DepthSettings = Field(default_factory=DepthSettings)
    recognition: RecognitionSettings = Field(default_factory=RecognitionSettings)
    emotion: EmotionSettings = Field(default_factory=EmotionSettings)
    quality: QualitySettings = Field(default_factory=QualitySettings)
    liveness: LivenessSettings = Field(default_factory=LivenessSettings)
    pose: PoseSettings = Field(default_factory=PoseSettings)
    accepted_models: tuple[str, ...] = ()
    tracking: TrackingSettings = Field(default_factory=TrackingSettings)
    following: FollowingSettings = Field(default_factory=FollowingSettings)
    cadence: CadenceSettings = Field(default_factory=CadenceSettings)
    smoothing: SmoothingSettings = Field(default_factory=SmoothingSettings)
    matching: MatchingSettings = Field(default_factory=MatchingSettings)
    enrolment: EnrolmentSettings = Field(default_factory=EnrolmentSettings)
    events: EventSettings = Field(default_factory=EventSettings)
    encryption: EncryptionSettings = Field(default_factory=EncryptionSettings)
    privacy: PrivacySettings = Field(default_factory=PrivacySettings)
    service: ServiceSettings = Field(default_factory=ServiceSettings)
    cameras: dict[CameraName, CameraSettings] = Field(default_factory=dict)

    _written_matching: frozenset[str] = PrivateAttr(frozenset())

    @property
    def written_matching(self) -> frozenset[str]:
        """The keys of ``matching`` that were written down, by the user and not by the card of a model."""
        return self._written_matching

    @model_validator(mode="wrap")
    @classmethod
    def _with_what_was_written(cls, values: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        settings = handler(values)
        matching = values.get("matching") if isinstance(values, dict) else None
        if isinstance(matching, MatchingSettings):
            matching = asdict(matching)
        if isinstance(matching, dict):
            settings._written_matching = frozenset(matching)
        return settings

    @model_validator(mode="before")
    @classmethod
    def _of_the_models(cls, values: Any) -> Any:
        """What the chosen models bring with them, where nothing else is said."""
        if not isinstance(values, dict):
            return values
        for shorthand, section in chosen_twice(values):
            raise ValueError(f"{shorthand} and {section} name a model each, keep one of them")
        home = values.get("home") or cls.model_fields["home"].get_default(call_default_factory=True)
        return with_brought(spelt_out(values), CAMERA_SECTIONS, Path(home).expanduser())

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


def camera_settings(settings: Settings, source: str) -> CameraSettings:
    """A source that was named on the command line: everything about it is as in the settings of the whole."""
    sections = {section: getattr(settings, section) for section in CAMERA_SECTIONS}
    return CameraSettings(source=source, **sections)
