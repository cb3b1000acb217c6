"""Reading apparent expressions."""
