"""Enrol somebody from pictures, then see whether they are on another one.

.venv/bin/python examples/enrol_and_recognise.py NAME PICTURE... OTHER      the last picture is the one to look at

People are kept in a home of the example's own, which is deleted in the end: nobody stays enrolled.
"""

import sys
import tempfile

import cv2

import mien


def main() -> None:
    name, *pictures = sys.argv[1:] or ["Eileen Collins"]
    if not pictures:  # the demo's astronaut, to be recognised on a smaller picture, seen in a mirror
        portrait = cv2.imread(str(mien.samples().portrait))
        pictures = [portrait, cv2.flip(cv2.resize(portrait, None, fx=0.6, fy=0.6), 1)]
    *known, other = pictures
    # Without home=… they would stay in MIEN_HOME, until `mien privacy forget NAME`.
    with tempfile.TemporaryDirectory() as home, mien.Analyzer(home=home) as analyzer:
        # Ask first: nobody is enrolled without consent. Here you declare that they agreed; evidence="form 17" would say
        # what proves it, and "keep" let mien keep the pictures too.
        for one in analyzer.enrol(name, known or [other], consent="identify,expression"):
            print(f"{one.name}: {one.outcome}{f' ({one.reason})' if one.reason else ''}")
        for face in analyzer.picture(other):
            who = face.person_name or face.identity  # known, unknown or undecided: never simply the nearest name
            looks = face.emotion or ("nothing clear" if face.probabilities else "no expression that is read")
            print(f"{who}, similarity {face.similarity:.2f}, looks like {looks}")


if __name__ == "__main__":
    try:
        main()
    except mien.MienError as error:
        sys.exit(str(error))
