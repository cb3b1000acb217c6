"""The audit log: what was done about people, in a chain that shows what was changed later."""
