"""What mien talks about: frames, faces, emotions, people, readings and events (numpy and the standard library)."""
