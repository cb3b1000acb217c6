/** What the review asks the service for. */
import { type InfiniteData, infiniteQueryOptions, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { api, told } from "@/shared/api/client";
import { useLive } from "@/shared/live/useLive";

const RENEWED_AFTER_MS = 1000;
const YOUNG_MS = 60_000;

export const reviewQuery = infiniteQueryOptions({
  queryKey: ["review", "strangers"],
  initialPageParam: "",
  queryFn: ({ pageParam }) => told(api.GET("/api/v1/review", { params: { query: { limit: 50, ...(pageParam ? { after: pageParam } : {}) } } })),
  getNextPageParam: (page) => page.next,
});

export const doubtfulQuery = infiniteQueryOptions({
  queryKey: ["review", "pictures"],
  initialPageParam: "",
  queryFn: ({ pageParam }) => told(api.GET("/api/v1/review/pictures", { params: { query: { limit: 50, ...(pageParam ? { after: pageParam } : {}) } } })),
  getNextPageParam: (page) => page.next,
  // What is too young is looked at later, by itself.
  refetchInterval: ({ state }) => (state.data?.pages[0]?.left_alone ? YOUNG_MS : false),
});

interface Queued {
  total: number;
  items: readonly ({ person_id: string } | { picture_id: number })[];
}

/** Have those who were handled leave a queue at once; whoever is not gone after all comes back as it is read anew. */
export function useDrop(): (queue: "strangers" | "pictures", gone: readonly string[]) => void {
  const queries = useQueryClient();
  return (queue, gone) =>
    queries.setQueryData<InfiniteData<Queued>>(["review", queue], (kept) =>
      kept && {
        ...kept,
        pages: kept.pages.map((page) => ({
          ...page,
          total: page.total - gone.length,
          items: page.items.filter((one) => !gone.includes("picture_id" in one ? String(one.picture_id) : one.person_id)),
        })),
      },
    );
}

/** Have the queue renewed whenever a stranger comes before a camera; several who come at once are waited for. */
export function useRenewal(): void {
  const queries = useQueryClient();
  const timer = useRef(0);
  const renew = () => {
    timer.current ||= window.setTimeout(() => {
      timer.current = 0;
      void queries.invalidateQueries({ queryKey: reviewQuery.queryKey });
    }, RENEWED_AFTER_MS);
  };
  useEffect(
    () => () => {
      clearTimeout(timer.current);
      timer.current = 0;
    },
    [],
  );
  useLive({ cameras: [], previewsPerS: 0, onEvent: ({ kind }) => kind === "stranger_seen" && renew(), onMissed: renew });
}
