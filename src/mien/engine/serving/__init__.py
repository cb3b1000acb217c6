"""The engine as a service: what it tells to those who look on, and the thread it runs in."""
