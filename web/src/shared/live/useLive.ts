/** The live connection for components: what they hear, and whether it stands. */
import { useEffect, useRef, useSyncExternalStore } from "react";
import type { Engine } from "@/shared/api/types";
import { type Link, live, type Wish } from "./connection";

/** Hear what the wish's functions are for, as long as the component is shown. */
export function useLive(wish: Wish): void {
  const latest = useRef(wish);
  useEffect(() => {
    latest.current = wish;
  });
  const cameras = wish.cameras === "all" ? "all" : wish.cameras.join("\n");
  const { previewsPerS } = wish;
  const wantsEvents = !!wish.onEvent;
  const wantsReadings = !!wish.onReading;
  useEffect(
    () =>
      live.join({
        cameras: cameras === "all" ? "all" : cameras.split("\n").filter(Boolean),
        previewsPerS,
        onStatus: (status) => latest.current.onStatus?.(status),
        onMissed: (events) => latest.current.onMissed?.(events),
        onPreview: (camera, picture) => latest.current.onPreview?.(camera, picture),
        ...(wantsReadings ? { onReading: (reading) => latest.current.onReading?.(reading) } : {}),
        ...(wantsEvents ? { onEvent: (event) => latest.current.onEvent?.(event) } : {}),
      }),
    [cameras, previewsPerS, wantsEvents, wantsReadings],
  );
}

/** Where the engine is, as far as it was told. */
export function useEngine(): Engine {
  return useSyncExternalStore(live.subscribe, () => live.engine);
}

export function useLink(): Link {
  return useSyncExternalStore(live.subscribe, () => live.link);
}
