"""What a model means: alignment and the tasks, each in a room of its own."""
