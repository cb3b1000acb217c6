"""Who is on a picture, and how they look.

.venv/bin/python examples/picture.py [PICTURE]
"""

import sys

import mien


def main() -> None:
    # Your own picture, or the portrait of an astronaut that mien's demo shows; it is fetched once.
    path = sys.argv[1] if len(sys.argv) > 1 else mien.samples().portrait
    faces = mien.analyze(path)  # nothing is kept of a picture
    print(f"{path}: {len(faces)} {'face' if len(faces) == 1 else 'faces'}")
    for face in faces:
        x1, y1, x2, y2 = (round(side) for side in face.box)  # px
        print(f"from {x1},{y1} to {x2},{y2}: {face.person_name or face.identity}, quality {face.quality:.2f}")
        # Apparent expressions, the likeliest first: how a face looks, not what anybody feels.
        shares = sorted(zip(face.probabilities, face.emotion_labels, strict=True), reverse=True)
        print(
            "  looks like", ", ".join(f"{label} {share:.0%}" for share, label in shares[:3]) or "nothing that is read"
        )
        if face.valence_arousal_source:
            print(f"  valence {face.valence:+.2f}, arousal {face.arousal:+.2f}: {face.quadrant}")


if __name__ == "__main__":
    try:
        main()
    except mien.MienError as error:  # every error of mien is one sentence that says what to do
        sys.exit(str(error))
