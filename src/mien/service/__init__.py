"""The web door: routes that hold no rules of their own, who may use which, and live sockets."""
