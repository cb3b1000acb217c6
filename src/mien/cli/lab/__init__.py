"""`mien lab`: from a folder of labelled pictures to a network that mien serves."""

import typer

from mien.cli.lab import datasets, judging, serving, training

app = typer.Typer(
    no_args_is_help=True,
    help="Train expression networks of your own, judge and serve them: import, train, evaluate, calibrate, export. "
    "Needs torch: `pip install mien[lab]`.",
)
app.command("import")(datasets.import_dataset)
app.command("explore")(datasets.explore_dataset)
app.command("train")(training.train_network)
app.command("train-quality")(training.train_quality_head)
app.command("train-mesh")(training.train_mesh_classifier)
app.command("tune")(training.tune_recipe)
app.command("evaluate")(judging.evaluate_run)
app.command("calibrate")(judging.calibrate_run)
app.command("export")(serving.export_run)
app.command("quantize")(serving.quantize_run)
app.command("compare")(serving.compare_exports)
app.command("serve-check")(serving.check_served)
