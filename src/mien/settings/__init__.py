"""Every room's settings in one frozen tree, read from one YAML file, the environment and the command line."""

from mien.settings.behind import FACE_MESH, models_behind
from mien.settings.loading import load_settings
from mien.settings.tree import CameraSettings, Settings

__all__ = ["FACE_MESH", "CameraSettings", "Settings", "load_settings", "models_behind"]
