"""One file for every family of detectors."""
