/** How a camera fares, in a word and a number. */
import type { Camera } from "@/shared/api/types";
import { Badge } from "@/shared/ui/page";

const TONES = { online: "good", connecting: "", stalled: "warning", offline: "danger", disabled: "" } as const;

export function CameraState({ camera }: { camera: Camera }) {
  return (
    <span className="row">
      <Badge tone={TONES[camera.state]}>{camera.state}</Badge>
      {camera.state === "online" && <span className="muted small number">{camera.analysed_fps.toFixed(1)} fps</span>}
    </span>
  );
}
