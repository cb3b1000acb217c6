/** Asks for timelines of a period. */
import { queryOptions } from "@tanstack/react-query";
import { api, told } from "@/shared/api/client";
import type { Span } from "@/shared/api/types";

/** From when until when, in which steps; `preset` names what it was chosen as. */
export interface Period {
  begin: number;
  end: number;
  span: Span;
  preset?: string;
}

export const timelinesQuery = (people: readonly string[], period: Period | null) =>
  queryOptions({
    queryKey: ["timelines", people, period?.begin, period?.end, period?.span],
    enabled: people.length > 0 && !!period,
    queryFn: () => told(api.GET("/api/v1/timelines", { params: { query: { person: [...people], ...(period ? asked(period) : {}) } } })),
    placeholderData: (before) => before,
  });

/** A period as the service is asked for it. */
export const asked = ({ begin, end, span }: Period) => ({ span, from: new Date(begin).toISOString(), to: new Date(end).toISOString() });
