"""Whoever does not consent to having expressions read leaves none in any result, from before it was known who it is."""

import csv
import json

import pyarrow.parquet as pq

from mien.domain.emotions import EMOTION_LABELS
from mien.domain.identity import Match
from mien.results.rows import FinalIdentity
from mien.results.writer import ResultSettings, ResultWriter


def rows(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_no_table_and_no_plot_holds_an_expression_of_theirs(
    tmp_path, clock, summary, make_reading, make_face, make_frame
):
    out = tmp_path / "out"
    with ResultWriter(out, EMOTION_LABELS, 1, clock, ResultSettings(json_lines=True)) as writer:
        results = writer.start("a.mp4")
        for index in range(10):
            reading = make_reading(index, make_face(1, "fear"), make_face(2, "happiness"))
            results.add(make_frame(reading), reading)
        unread = FinalIdentity.of(Match("person-0001", 0.7, 0.5), "Ann", is_unread=True)
        results.finish({1: unread, 2: FinalIdentity.of(Match("person-0002", 0.7, 0.5), "Bob")})
        writer.close(summary)

    hers, his = ([row for row in rows(out / "readings.csv") if row["person_name"] == name] for name in ("Ann", "Bob"))
    assert len(hers) == len(his) == 10
    told = [name for name in hers[0] if name.endswith("_prob") or name in ("emotion", "confidence", "emotion_smoothed")]
    told += ["valence", "arousal", "quadrant", "valence_arousal_source"]
    assert {row[name] for row in hers for name in told} == {""} and all(row["emotion"] == "happiness" for row in his)
    assert {row["emotion_source"] for row in hers} == {"carried"}
    table = pq.read_table(out / "readings.parquet").to_pylist()
    assert {row["fear_prob"] for row in table if row["person_name"] == "Ann"} == {None}
    for name in ("tracks.csv", "people.csv"):
        ann, bob = rows(out / name)
        assert (ann["dominant_emotion"], ann["fear_share"], ann["mean_valence"]) == ("", "", "")
        assert bob["dominant_emotion"] == "happiness"
    assert {row["person_id"] for row in rows(out / "emotion_results.csv")} == {"person-0002"}
    lines = [json.loads(line) for line in (out / "readings.jsonl").read_text().splitlines()]
    assert {line["fear_prob"] for line in lines if line["person_name"] == "Ann"} == {None}
