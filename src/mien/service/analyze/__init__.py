"""Pictures that somebody asks about, by the web."""
