"""What may be done with people's faces, and the record of what was done."""
