"""What surrounds every answer: the server, bounds on requests, headers, and the pages of the app."""
