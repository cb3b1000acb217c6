"""What a gallery is worth: its pictures looked for among each other, its strangers, its doubtful pictures."""
