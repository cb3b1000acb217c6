"""The layouts in which datasets of expressions are published, one module each, all read as samples."""
