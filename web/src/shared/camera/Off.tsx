/** In place of a picture as long as this browser's camera is not on: why, and the button that starts it. */
import { Camera } from "lucide-react";
import { Button } from "@/shared/ui/controls";
import type { useCamera } from "./useCamera";

export function Off({ camera, says }: { camera: ReturnType<typeof useCamera>; says: string }) {
  const isStarting = camera.state === "starting";
  return (
    <div className="off">
      <Camera aria-hidden />
      <p role="status">{camera.problem || says}</p>
      <Button look="main" onPress={() => void camera.start()} isDisabled={isStarting}>
        {isStarting ? "Starting…" : "Start the camera"}
      </Button>
    </div>
  );
}
