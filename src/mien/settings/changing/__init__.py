"""Settings as they are shown and changed by somebody who is not at the machine: secrets stay hidden, the file whole."""
