"""The page that shows an analysis to a person."""
