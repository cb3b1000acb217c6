/** All cameras at once, living. */
import { Link } from "@tanstack/react-router";
import { Cctv } from "lucide-react";
import { useMay } from "@/shared/api/session";
import type { Camera } from "@/shared/api/types";
import { whoIs } from "@/shared/face/expressions";
import type { Shown } from "@/shared/face/overlay";
import { Empty, Loaded, Page } from "@/shared/ui/page";
import { CameraState } from "./CameraState";
import { LinkNotice } from "./LinkNotice";
import { CameraView } from "./CameraView";
import { useCameras, useReading } from "./cameras";
import { Toggles, useShown } from "./Toggles";
import "./live.css";

export default function WallPage() {
  const cameras = useCameras();
  const [shown, setShown] = useShown();
  return (
    <Page title="Live" about="Every camera, who is before it, and which expression they appear to show." tools={<Toggles shown={shown} onChange={setShown} />}>
      <LinkNotice />
      <Loaded of={cameras}>
        {(items) =>
          items.length ? (
            <ul className="wall">
              {items.map((one) => (
                <Tile key={one.name} camera={one} shown={shown} />
              ))}
            </ul>
          ) : (
            <NoCamera />
          )
        }
      </Loaded>
    </Page>
  );
}

function NoCamera() {
  const mayLook = useMay("operator");
  const maySettle = useMay("admin");
  return (
    <Empty
      icon={Cctv}
      title="No camera yet"
      action={
        <div className="row">
          {maySettle && (
            <Link to="/settings" className="button main">
              Add a camera
            </Link>
          )}
          {mayLook && (
            <Link to="/this-camera" className={maySettle ? "button" : "button main"}>
              Use this browser’s camera
            </Link>
          )}
        </div>
      }
    >
      {maySettle ? "Add one by its address in the settings." : <>An admin adds one in the <Link to="/settings">settings</Link>.</>} Or begin with the camera of this browser.
    </Empty>
  );
}

function Tile({ camera, shown }: { camera: Camera; shown: Shown }) {
  const [reading, hear] = useReading(camera.state === "online");
  const faces = reading?.faces ?? [];
  const who = faces.map(whoIs).join(", ");
  return (
    <li className="tile">
      <Link to="/cameras/$name" params={{ name: camera.name }} className="tile-link">
        <CameraView camera={camera.name} isOnline={camera.state === "online"} previewsPerS={4} shown={shown} onReading={hear} label={`Open camera ${camera.name}`} />
        {camera.state !== "online" && <span className="veiled">
            {SAYS[camera.state]}
            {camera.reason && `: ${camera.reason}`}
          </span>}
      </Link>
      <div className="tile-foot">
        <div className="row apart">
          <h2>{camera.name}</h2>
          <CameraState camera={camera} />
        </div>
        <p className="muted small who">{who || (camera.state === "online" ? "nobody in view" : " ")}</p>
      </div>
    </li>
  );
}

const SAYS: Record<Camera["state"], string> = {
  online: "",
  connecting: "Connecting…",
  stalled: "Nothing comes from it",
  offline: "It does not answer; tried again by itself",
  disabled: "Switched off in the settings",
};
