"""`mien watch` and the view it draws; `mien window`."""
