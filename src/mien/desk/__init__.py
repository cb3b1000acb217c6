"""The window: a camera live on this machine's screen."""
