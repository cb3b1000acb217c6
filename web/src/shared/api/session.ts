/** Who is logged in, and what their role opens. */
import { QueryCache, QueryClient, queryOptions, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, holdSession, isGone, onSessionChanged, Problem, told } from "./client";
import type { LoggedIn, Role } from "./types";

const ORDER: Role[] = ["viewer", "operator", "admin"];

const leaving = new Set<() => void>();

/** Have `put` put away what belongs to whoever is logged in, as soon as they are not any more. */
export function whenLeft(put: () => void): void {
  leaving.add(put);
}

export const sessionQuery = queryOptions({
  queryKey: ["session"],
  staleTime: Infinity,
  refetchOnWindowFocus: "always", // another tab may have logged in anew, or as somebody else
  retry: false,
  queryFn: async ({ client }): Promise<LoggedIn | null> => {
    try {
      const found = await told(api.GET("/api/v1/session"));
      hold(client, found);
      return found;
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 401) throw error;
      hold(client, null);
      return null;
    }
  },
});

/** Go on as `found`: nothing stays that was fetched, begun or said for somebody else. */
export function settle(queries: QueryClient, found: LoggedIn | null): void {
  hold(queries, found);
  queries.setQueryData(sessionQuery.queryKey, found);
}

function hold(queries: QueryClient, found: LoggedIn | null): void {
  const before = queries.getQueryData(sessionQuery.queryKey);
  holdSession(found);
  if (before === undefined || (before?.account_id === found?.account_id && before?.role === found?.role)) return;
  queries.removeQueries({ predicate: (query) => query.queryKey[0] !== "session" });
  leaving.forEach((put) => put());
}

/** What the service says of everything; it follows the session, and keeps nothing that may not be seen any more. */
export function newQueries(): QueryClient {
  const queries = new QueryClient({
    queryCache: new QueryCache({ onError: (error, query) => isGone(error) && query.setState({ data: undefined }) }),
    defaultOptions: {
      queries: {
        staleTime: 5_000,
        retry: (failures, error) => failures < 2 && (!(error instanceof Problem) || error.status === 0 || error.status >= 500),
      },
    },
  });
  onSessionChanged((found) => settle(queries, found));
  return queries;
}

export function isAtLeast(role: Role, least: Role): boolean {
  return ORDER.indexOf(role) >= ORDER.indexOf(least);
}

/** Whether whoever is logged in has at least this role. */
export function useMay(least: Role): boolean {
  const { data } = useQuery(sessionQuery);
  return !!data && isAtLeast(data.role, least);
}

/** What is called with whoever has just come in, or with none by whoever leaves. */
export function useEnter(): (found: LoggedIn | null) => void {
  const queries = useQueryClient();
  return (found) => settle(queries, found);
}
