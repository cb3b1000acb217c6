"""Expressions from the shape of a face alone: a perceptron on distances between landmarks."""
