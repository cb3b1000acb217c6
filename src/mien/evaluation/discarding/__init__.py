"""Who notices best which pictures of faces are poor: recognition errors that are left once the worst were discarded."""
