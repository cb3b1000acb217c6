"""A trained network in the formats of others, each proven to answer as the network does before it is kept."""
