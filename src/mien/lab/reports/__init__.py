"""What the lab shows: figures, and pages of them."""
