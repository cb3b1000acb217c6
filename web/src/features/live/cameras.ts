/** The cameras and how they fare, kept up to date by the live connection. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, told } from "@/shared/api/client";
import type { Camera, FrameReading, Page } from "@/shared/api/types";
import { useLive } from "@/shared/live/useLive";

const KEY = ["cameras"];

/** Told at once where one of ``heard`` changes, of the others now and then. */
export function useCameras(heard: readonly string[] | "all" = "all") {
  const queries = useQueryClient();
  useLive({
    cameras: heard,
    previewsPerS: 0,
    onStatus: (status) =>
      queries.setQueryData<Page<Camera>>(KEY, (known) => known && { ...known, items: known.items.map((one) => (one.name === status.name ? { ...one, ...status } : one)) }),
  });
  return useQuery({ queryKey: KEY, queryFn: () => told(api.GET("/api/v1/cameras")), refetchInterval: 15_000 });
}

const SHOWN_EVERY_MS = 300;

/** The latest reading of a camera for text, some times a second at most. */
export function useReading(): [FrameReading | null, (reading: FrameReading) => void] {
  const [reading, setReading] = useState<FrameReading | null>(null);
  const [last] = useState({ at: 0 });
  const hear = (next: FrameReading) => {
    const now = performance.now();
    if (now - last.at < SHOWN_EVERY_MS) return;
    last.at = now;
    setReading(next);
  };
  return [reading, hear];
}
