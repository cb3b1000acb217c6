"""Who is before a webcam, told whenever something changes; Ctrl-C ends it.

.venv/bin/python examples/webcam.py [SOURCE]

0 is the first webcam; a second one, an address (rtsp://…) or a file will do as well.
"""

import sys

import mien


def told(face: mien.FaceReading) -> str:
    name = face.person_name or face.person_id or face.identity
    return f"{name} looks like {face.emotion_smoothed}" if face.emotion_smoothed else name


def main() -> None:
    source = sys.argv[1] if len(sys.argv) > 1 else "0"
    before: list[str] | None = None
    with mien.Analyzer() as analyzer:
        for reading in analyzer.video(source, fps=10):
            now = [told(face) for face in reading.faces]
            if now != before:
                print(f"{reading.time_s:6.1f} s  {'; '.join(now) or 'nobody in view'}", flush=True)
                before = now


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
    except mien.MienError as error:
        sys.exit(str(error))
