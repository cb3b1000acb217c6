"""Known networks, written as ONNX from the tensors of their checkpoints: one file per network."""
