"""The settings of the whole, as somebody in a browser sees and changes them."""
