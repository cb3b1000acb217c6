"""The networks that the lab trains, each in a module of its own, all seen as a backbone with heads."""
