"""Foreign checkpoints become ONNX files, without running anything that is in them."""
