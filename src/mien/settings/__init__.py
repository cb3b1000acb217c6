"""Every room's settings in one frozen tree, read from one YAML file, the environment and the command line."""

from mien.settings.loading import load_settings
from mien.settings.tree import CameraSettings, Settings

__all__ = ["CameraSettings", "Settings", "load_settings"]
