/** This browser's own camera, read live; nothing is kept unless somebody wants it. */
import { Square } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { look } from "@/shared/camera/looking";
import { Mirror } from "@/shared/camera/Mirror";
import { Off } from "@/shared/camera/Off";
import { useCamera } from "@/shared/camera/useCamera";
import { useMay } from "@/shared/api/session";
import type { FrameReading } from "@/shared/api/types";
import { FaceCard } from "@/shared/face/FaceCard";
import { EVERYTHING, type Shown } from "@/shared/face/overlay";
import { Button, Switch } from "@/shared/ui/controls";
import { Badge, Notice, Page } from "@/shared/ui/page";

const LONGEST = 960;
const SMOOTH = 0.85;
const TAKEN = new WeakMap<FrameReading, number>();

/** For whoever measures: from taking a frame to its boxes on the screen, in the performance timeline of the browser. */
function measure(reading: FrameReading): void {
  performance.clearMeasures("mien.frame-to-box");
  performance.measure("mien.frame-to-box", { start: TAKEN.get(reading) ?? performance.now() });
}

export default function BrowserPage() {
  const camera = useCamera();
  const [reading, setReading] = useState<FrameReading | null>(null);
  const [trip, setTrip] = useState({ ms: 0, fps: 0 });
  const [problem, setProblem] = useState("");
  const [keeps, setKeeps] = useState(false);
  const [shown] = useState<Shown>(EVERYTHING);
  const mayKeep = useMay("operator");
  const last = useRef(0);
  const { state, snap } = camera;
  useEffect(() => {
    if (state !== "on") return;
    const end = look({
      keeps,
      snap: () => snap(LONGEST, 0.82),
      onState: (_, why) => setProblem(why),
      onLooked: ({ reading: found, refused, takenAt, tripMs }) => {
        const now = performance.now();
        const fps = last.current ? 1000 / (now - last.current) : 0;
        last.current = now;
        setTrip((before) => ({ ms: before.ms * SMOOTH + tripMs * (1 - SMOOTH), fps: before.fps * SMOOTH + fps * (1 - SMOOTH) }));
        setProblem(refused);
        if (!found) return;
        TAKEN.set(found, takenAt);
        setReading(found);
      },
    });
    return () => {
      end();
      setReading(null);
      last.current = 0;
    };
  }, [state, snap, keeps]);
  const faces = reading?.faces ?? [];
  return (
    <Page
      title="This camera"
      about="The camera of this device, read as any other one. Pictures go to your own mien and nowhere else."
      tools={
        state === "on" && (
          <Button onPress={camera.stop}>
            <Square aria-hidden /> Stop
          </Button>
        )
      }
    >
      {problem && <Notice tone="warning">{problem}</Notice>}
      <div className="camera-columns">
        <div className="stack">
          <Mirror camera={camera} reading={reading} shown={shown} label="What your camera sees" onPainted={measure}>
            {state !== "on" && <Off camera={camera} says="The camera is off." />}
          </Mirror>
          <div className="row apart">
            {mayKeep && (
              <Switch isOn={keeps} onChange={setKeeps}>
                Keep what is seen, as of any other camera
              </Switch>
            )}
            {state === "on" && (
              <span className="row number">
                <Badge>{trip.fps.toFixed(1)} fps</Badge>
                <Badge>{Math.round(trip.ms)} ms there and back</Badge>
              </span>
            )}
          </div>
        </div>
        <section className="card" aria-labelledby="seen">
          <h2 id="seen">In view</h2>
          {faces.length ? faces.map((face) => <FaceCard key={face.track_id} face={face} />) : <p className="muted">{state === "on" ? "Nobody is in view." : "Start the camera to see what is read."}</p>}
        </section>
      </div>
    </Page>
  );
}
