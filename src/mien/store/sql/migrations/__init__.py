"""The steps by which the schema came to be, each named after its place in the order."""
