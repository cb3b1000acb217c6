/** What the review asks the service for. */
import { infiniteQueryOptions, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { api, told } from "@/shared/api/client";
import { useLive } from "@/shared/live/useLive";

const RENEWED_AFTER_MS = 1000;

export const reviewQuery = infiniteQueryOptions({
  queryKey: ["review"],
  initialPageParam: "",
  queryFn: ({ pageParam }) => told(api.GET("/api/v1/review", { params: { query: { limit: 50, ...(pageParam ? { after: pageParam } : {}) } } })),
  getNextPageParam: (page) => page.next,
});

/** Have those who were handled leave the queue at once; whoever is not gone after all comes back as it is read anew. */
export function useDrop(): (gone: readonly string[]) => void {
  const queries = useQueryClient();
  return (gone) =>
    queries.setQueryData(reviewQuery.queryKey, (kept) =>
      kept && { ...kept, pages: kept.pages.map((page) => ({ ...page, items: page.items.filter((one) => !gone.includes(one.person_id)) })) },
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
