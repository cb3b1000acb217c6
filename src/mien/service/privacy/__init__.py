"""What people agreed to and may ask for, and what answers for it."""
