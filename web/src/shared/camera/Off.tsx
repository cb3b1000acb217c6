/** In place of a picture as long as this browser's camera is not on: why, or what went wrong, and what starts it. */
import { Camera } from "lucide-react";
import { Button } from "@/shared/ui/controls";
import type { useCamera } from "./useCamera";

interface OffProps {
  camera: ReturnType<typeof useCamera>;
  says: string;
  problem?: string;
  verb?: string;
  /** Without, the camera is started. */
  onStart?: () => void;
  isBusy?: boolean;
}

export function Off({ camera, says, problem, verb = "Start the camera", onStart, isBusy }: OffProps) {
  const isStarting = camera.state === "starting";
  return (
    <div className="off">
      <Camera aria-hidden />
      <p role={problem ? "alert" : "status"}>{problem || camera.problem || says}</p>
      {!isBusy && (
        <Button look="main" onPress={onStart ?? (() => void camera.start())} isDisabled={isStarting}>
          {isStarting ? "Starting…" : problem ? "Try again" : verb}
        </Button>
      )}
    </div>
  );
}
