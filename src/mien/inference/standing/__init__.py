"""How models stand: on which terms they may run, and what is known of them on one machine."""
