"""`mien lbph`: the classic recogniser, from cutting out faces to saying whose a face is."""

from mien.cli.lbph.commands import app as app
