"""`mien evaluate`: the models measured on labelled pictures of one's own."""

import typer

from mien.cli.evaluate import clustering, detection, emotion, identification, quality, verification

app = typer.Typer(no_args_is_help=True, help="Measure the models on labelled pictures.")
app.command("verification")(verification.verification)
app.command("detection")(detection.detection)
app.command("emotion")(emotion.emotion)
app.command("quality")(quality.quality)
app.command("identification")(identification.identification)
app.command("clustering")(clustering.clustering)
