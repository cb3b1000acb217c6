"""The classic recogniser at a source: cutting faces to train on, and telling who is in view."""
