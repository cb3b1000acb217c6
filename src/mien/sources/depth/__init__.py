"""Where pictures with depth come from: cameras that measure it, and recordings of such."""
