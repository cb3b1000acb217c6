"""How the apparent expression of a face goes over time, as a DataFrame; needs `.venv/bin/pip install pandas`.

.venv/bin/python examples/emotion_timeline.py [VIDEO [TABLE.csv]]
"""

import sys

import mien


def main() -> None:
    path = sys.argv[1] if len(sys.argv) > 1 else mien.samples().video
    with mien.Analyzer() as analyzer:
        # One row per face per frame, with the columns of readings.csv: docs/reference/results.md tells them.
        readings = mien.table(analyzer.video(path)).to_pandas()
    print(f"{path}: {len(readings)} readings of {readings['track_id'].nunique()} track(s)")
    if readings.empty:
        return
    # The mean of each second. Frames in which nothing was measured are empty, and are left out of means.
    shares = [column for column in readings.columns if column.endswith("_prob")]
    readings["second"] = readings["time_s"].astype(int)
    timeline = readings.groupby(["track_id", "second"])[[*shares, "valence", "arousal"]].mean()
    looks = timeline[shares].fillna(0).idxmax(axis=1).str.removesuffix("_prob")
    # Of whoever did not agree to it no expression is read: their seconds have no share of any.
    timeline["looks_like"] = looks.where(timeline[shares].notna().any(axis=1), "no expression read")
    print(timeline[["looks_like", "valence", "arousal"]].round(2).to_string())
    if len(sys.argv) > 2:
        timeline.to_csv(sys.argv[2])  # names and faces of people belong where others cannot read them


if __name__ == "__main__":
    try:
        main()
    except mien.MienError as error:
        sys.exit(str(error))
