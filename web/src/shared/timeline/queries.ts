/** Asks for timelines of a period. */
import { queryOptions } from "@tanstack/react-query";
import { api, told } from "@/shared/api/client";
import type { Span } from "@/shared/api/types";

export interface Period {
  begin: number;
  end: number;
  span: Span;
}

export const timelinesQuery = (people: readonly string[], { begin, end, span }: Period) =>
  queryOptions({
    queryKey: ["timelines", people, begin, end, span],
    enabled: people.length > 0,
    queryFn: () =>
      told(
        api.GET("/api/v1/timelines", {
          params: { query: { person: [...people], span, from: new Date(begin).toISOString(), to: new Date(end).toISOString() } },
        }),
      ),
    placeholderData: (before) => before,
  });

/** The last so many days up to now, to the minute, so that the same question is asked once. */
export function lastDays(days: number, now = Date.now()): { begin: number; end: number } {
  const end = Math.ceil(now / 60_000) * 60_000;
  return { begin: end - days * 86_400_000, end };
}
