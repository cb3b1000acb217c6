"""The parts that forms in the window are made of."""
