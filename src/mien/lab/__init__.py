"""Making models: the only room that may import torch."""
