/** Where somebody is in view at this moment, as the cameras tell. */
import { useEffect, useRef, useState } from "react";
import type { FrameReading } from "@/shared/api/types";
import { useLive } from "./useLive";

const GONE_MS = 3000;

/** The cameras that have seen a person within the last seconds, by name. */
export function useInView(personId: string): string[] {
  const seen = useRef(new Map<string, number>());
  const [cameras, setCameras] = useState<string[]>([]);
  const settle = (now: number) => {
    const named = [...seen.current].filter(([, at]) => now - at < GONE_MS).map(([camera]) => camera);
    named.sort();
    setCameras((before) => (before.join("\n") === named.join("\n") ? before : named));
  };
  useLive({
    cameras: "all",
    previewsPerS: 0,
    onReading: (reading: FrameReading) => {
      if (!reading.faces.some((face) => face.person_id === personId)) return;
      seen.current.set(reading.camera, performance.now());
      settle(performance.now());
    },
  });
  useEffect(() => {
    seen.current.clear();
    settle(performance.now());
    const timer = setInterval(() => settle(performance.now()), 1000);
    return () => clearInterval(timer);
  }, [personId]);
  return cameras;
}
