"""People in SQL: who they are, their pictures and templates, and what is done to them."""
