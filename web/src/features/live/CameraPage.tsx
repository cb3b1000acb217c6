/** One camera, large, with everything that is read of each face. */
import { Link, useParams } from "@tanstack/react-router";
import { ArrowLeft, Cctv } from "lucide-react";
import { FaceCard } from "@/shared/face/FaceCard";
import { Toggles, useShown } from "@/shared/face/Toggles";
import { Badge, Empty, Loaded, Page } from "@/shared/ui/page";
import { count, lasting } from "@/shared/ui/words";
import { CameraState } from "./CameraState";
import { LinkNotice } from "./LinkNotice";
import { CameraView } from "./CameraView";
import { useCameras, useReading } from "./cameras";
import "./live.css";

export default function CameraPage() {
  const { name } = useParams({ strict: false }) as { name: string };
  const cameras = useCameras([name]);
  const [shown, setShown] = useShown();
  const camera = cameras.data?.find((one) => one.name === name);
  const isOnline = camera?.state === "online";
  const [reading, hear] = useReading(isOnline);
  return (
    <Page
      title={name}
      tools={
        <Link to="/" className="button">
          <ArrowLeft aria-hidden /> All cameras
        </Link>
      }
    >
      <LinkNotice />
      <Loaded of={cameras}>
        {() => {
          if (!camera)
            return (
              <Empty icon={Cctv} title={`There is no camera ${name}`}>
                It may have another name in the settings by now.
              </Empty>
            );
          const faces = reading?.faces ?? [];
          return (
            <div className="one-camera">
              <div className="stack">
                <div className="row apart">
                  <CameraState camera={camera} />
                  {reading && <Badge>{Math.round(reading.latency_s * 1000)} ms behind</Badge>}
                </div>
                <CameraView camera={name} isOnline={isOnline} fps={camera.analysed_fps} previewsPerS={10} shown={shown} onReading={hear} label={`Picture of ${name}, ${count(faces.length, "face")}`} />
                <Toggles shown={shown} onChange={setShown} />
                <dl className="facts small number">
                  <dt>Frames</dt>
                  <dd>
                    {camera.decoded_fps.toFixed(1)} per second decoded, {camera.analysed_fps.toFixed(1)} analysed, {camera.dropped.toLocaleString()} left out
                  </dd>
                  <dt>Online</dt>
                  <dd>
                    {lasting(camera.online_s)}, came back {count(camera.reconnects, "time")}
                  </dd>
                </dl>
              </div>
              <section className="card" aria-labelledby="in-view">
                <h2 id="in-view">In view</h2>
                {faces.length ? faces.map((face) => <FaceCard key={face.track_id} face={face} />) : <p className="muted">Nobody is in view.</p>}
              </section>
            </div>
          );
        }}
      </Loaded>
    </Page>
  );
}
