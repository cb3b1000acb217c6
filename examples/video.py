"""Everybody in a video: when they are in view, who they are, and how they look most of the time.

.venv/bin/python examples/video.py [VIDEO]
"""

import sys
from collections import Counter, defaultdict

import mien


def main() -> None:
    # Your own video, or that of a man talking in a car, which mien's demo shows; it is fetched once.
    path = sys.argv[1] if len(sys.argv) > 1 else mien.samples().video
    seen: dict[int, list[float]] = defaultdict(list)
    who: dict[int, str] = {}
    looks: dict[int, Counter[str]] = defaultdict(Counter)
    with mien.Analyzer() as analyzer:  # loads the models once; strangers get an id that stays, in MIEN_HOME
        for reading in analyzer.video(path):  # every_n=5 or fps=5 leave frames out
            for face in reading.faces:
                seen[face.track_id].append(reading.time_s)
                # Who it is turns out after some good views: the last word counts.
                who[face.track_id] = face.person_name or face.person_id or face.identity
                # Smoothed over time; empty as long as there is not enough evidence, which is not neutral. Nothing is
                # read of whoever did not agree to it, nor of a face before its first good view.
                nothing = "not enough evidence" if face.probabilities else "no expression read"
                looks[face.track_id][face.emotion_smoothed or nothing] += 1
    print(f"{path}: {len(seen)} {'track' if len(seen) == 1 else 'tracks'}")
    for track, times in seen.items():
        shares = ", ".join(f"{label} {count / len(times):.0%}" for label, count in looks[track].most_common(3))
        print(f"#{track} {who[track]}: {times[0]:.1f} s to {times[-1]:.1f} s, {shares}")


if __name__ == "__main__":
    try:
        main()
    except mien.MienError as error:
        sys.exit(str(error))
