"""How a model file runs, knowing nothing of faces."""

import os

# ONNX Runtime reads this once, when it is imported: else it keeps an id of the machine and reports to its maker.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
