/** Times up to now that a timeline is shown of, and which it begins with: the shortest that holds what was read. */
import { type QueryClient, queryOptions, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Timelines } from "@/shared/api/types";
import { type Period, timelinesQuery } from "./queries";
import { LENGTH_MS, spanFor } from "./shares";

const { minute: MINUTE, hour: HOUR, day: DAY } = LENGTH_MS;
/** The shortest first. */
export const PRESETS = [
  { id: "10m", label: "The last 10 minutes", ms: 10 * MINUTE },
  { id: "1h", label: "The last hour", ms: HOUR },
  { id: "6h", label: "The last 6 hours", ms: 6 * HOUR },
  { id: "1d", label: "The last day", ms: DAY },
  { id: "7d", label: "The last 7 days", ms: 7 * DAY },
  { id: "30d", label: "The last 30 days", ms: 30 * DAY },
] as const;
const LONGEST = PRESETS[5];

/** A preset up to now, to the minute, so that the same question is asked once. */
export function upToNow(id: string, now = Date.now()): Period {
  const { ms } = PRESETS.find((one) => one.id === id) ?? LONGEST;
  const end = Math.ceil(now / MINUTE) * MINUTE;
  return { begin: end - ms, end, span: spanFor(end - ms, end), preset: id };
}

async function shortest(queries: QueryClient, people: readonly string[]): Promise<Period> {
  const ask = (period: Period) => queries.fetchQuery(timelinesQuery(people, period));
  const longest = upToNow(LONGEST.id);
  const all = await ask(longest);
  const first = Math.min(...all.people.flatMap(({ points }) => points.slice(0, 1).map(({ at }) => Date.parse(at))));
  if (first === Infinity) return longest;
  for (const { id } of PRESETS.slice(0, -1)) {
    const period = upToNow(id);
    if (first + DAY <= period.begin) continue; // the first day is over before it begins
    if (looksIn(await ask(period)) >= looksIn(all)) return period; // there may be more by now
  }
  return longest;
}

const looksIn = ({ people }: Timelines): number => people.reduce((sum, one) => sum + one.whole.looks, 0);

const startQuery = (people: readonly string[]) =>
  queryOptions({
    queryKey: ["timeline-start", people],
    enabled: people.length > 0,
    staleTime: Infinity,
    gcTime: 0,
    queryFn: ({ client }) => shortest(client, people),
    placeholderData: (before) => before,
  });

/** Timelines of people in the time that is chosen, or until one is in the shortest that holds what was read of them. */
export function useTimelines(people: readonly string[]) {
  const start = useQuery(startQuery(people));
  const [chosen, choose] = useState<Period | null>(null);
  const period = chosen ?? start.data ?? null;
  const found = useQuery(timelinesQuery(people, period));
  return { period, choose, found: period ? found : { data: undefined, error: start.error, refetch: start.refetch } };
}
