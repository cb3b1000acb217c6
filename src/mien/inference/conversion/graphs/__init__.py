"""Whole networks of foreign formats, turned into ONNX operation by operation."""
