/** The lists of events, to which the live connection adds what happens. */
import { type InfiniteData, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import type { EventKind, LiveEvent, Page } from "@/shared/api/types";
import { useLink, useLive } from "@/shared/live/useLive";

export interface Filter {
  kind?: EventKind;
  camera?: string;
  person?: string;
}

export const keyOf = (filter: Filter) => ["events", filter] as const;

type Pages = InfiniteData<Page<LiveEvent>>;
const RENEWAL_MS = { soonest: 1000, every: 5000 };

/** Add each event to the lists that it fits as long as the component is shown; they are read anew where some were missed. */
export function useLiveEvents(): void {
  const queries = useQueryClient();
  const renew = useRenewal();
  const link = useLink();
  const wasLost = useRef(false);
  useEffect(() => {
    if (link === "open" && wasLost.current) renew();
    wasLost.current = link === "lost" || (wasLost.current && link !== "open");
  }, [link]);
  useLive({
    cameras: "all",
    previewsPerS: 0,
    onMissed: renew,
    onEvent: (event) => {
      for (const query of queries.getQueryCache().findAll({ queryKey: ["events"] })) {
        if (!fits(event, query.queryKey[1] as Filter)) continue;
        if (!query.isActive()) {
          query.invalidate();
          continue;
        }
        if (query.state.fetchStatus === "fetching") renew(); // its answer may be from before the event
        queries.setQueryData<Pages>(query.queryKey, (known) => known && withEvent(known, event));
      }
    },
  });
}

function fits(event: LiveEvent, { kind, camera, person }: Filter): boolean {
  return (!kind || event.kind === kind) && (!camera || event.camera === camera) && (!person || event.person_id === person);
}

/** Pages with one more event on the first, which keeps its order; the places where later pages begin stay as they are. */
export function withEvent(known: Pages, event: LiveEvent): Pages {
  const [first, ...others] = known.pages;
  if (!first || known.pages.some((page) => page.items.some((one) => one.event_id === event.event_id))) return known;
  const place = first.items.findIndex((one) => Date.parse(one.at) <= Date.parse(event.at));
  if (place < 0 && first.next) return known; // it is older than this page
  const items = place < 0 ? [...first.items, event] : first.items.toSpliced(place, 0, event);
  return { ...known, pages: [{ ...first, items }, ...others] };
}

function useRenewal(): () => void {
  const queries = useQueryClient();
  const last = useRef({ at: -Infinity, due: 0 });
  useEffect(() => {
    const { current } = last;
    return () => clearTimeout(current.due);
  }, []);
  return () => {
    const { current } = last;
    if (current.due) return;
    const wait = Math.max(RENEWAL_MS.soonest, current.at + RENEWAL_MS.every - performance.now());
    current.due = window.setTimeout(() => {
      Object.assign(current, { at: performance.now(), due: 0 });
      void queries.invalidateQueries({ queryKey: ["events"] });
    }, wait);
  };
}
