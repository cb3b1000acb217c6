/** The cameras and how they fare, kept up to date by the live connection. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import type { FrameReading } from "@/shared/api/types";
import { camerasQuery } from "@/shared/live/cameras";
import { useLive } from "@/shared/live/useLive";

/** Told at once where one of ``heard`` changes, of the others now and then. */
export function useCameras(heard: readonly string[] | "all" = "all") {
  const queries = useQueryClient();
  useLive({
    cameras: heard,
    previewsPerS: 0,
    onStatus: (status) => queries.setQueryData(camerasQuery.queryKey, (known) => known?.map((one) => (one.name === status.name ? { ...one, ...status } : one))),
  });
  return useQuery({ ...camerasQuery, refetchInterval: 15_000 });
}

/** So long after a reading nobody knows any more who is in view. */
export const STALE_MS = 3000;
const SHOWN_EVERY_MS = 300;

/** The latest reading of a camera for text, some times a second at most; none once it is stale, or the camera is away. */
export function useReading(isOnline: boolean): [FrameReading | null, (reading: FrameReading) => void] {
  const [reading, setReading] = useState<FrameReading | null>(null);
  const last = useRef({ at: -Infinity, expiry: 0 });
  const hear = useCallback((next: FrameReading) => {
    const now = performance.now();
    clearTimeout(last.current.expiry);
    last.current.expiry = window.setTimeout(() => setReading(null), STALE_MS);
    if (now - last.current.at < SHOWN_EVERY_MS) return;
    last.current.at = now;
    setReading(next);
  }, []);
  useEffect(() => {
    if (!isOnline) setReading(null);
  }, [isOnline]);
  useEffect(() => {
    const { current } = last;
    return () => clearTimeout(current.expiry);
  }, []);
  return [isOnline ? reading : null, hear];
}
