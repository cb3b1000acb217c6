/** Who is logged in, and what their role opens. */
import { queryOptions, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, holdSession, Problem, told } from "./client";
import type { LoggedIn, Role } from "./types";

const ORDER: Role[] = ["viewer", "operator", "admin"];

export const sessionQuery = queryOptions({
  queryKey: ["session"],
  staleTime: Infinity,
  retry: false,
  queryFn: async (): Promise<LoggedIn | null> => {
    try {
      const found = await told(api.GET("/api/v1/session"));
      holdSession(found);
      return found;
    } catch (error) {
      if (error instanceof Problem && error.status === 401) return null;
      throw error;
    }
  },
});

export function isAtLeast(role: Role, least: Role): boolean {
  return ORDER.indexOf(role) >= ORDER.indexOf(least);
}

/** Whether whoever is logged in has at least this role. */
export function useMay(least: Role): boolean {
  const { data } = useQuery(sessionQuery);
  return !!data && isAtLeast(data.role, least);
}

/** What is called with whoever has just come in. */
export function useEnter(): (found: LoggedIn | null) => void {
  const queries = useQueryClient();
  return (found) => {
    holdSession(found);
    if (!found) queries.removeQueries({ predicate: (query) => query.queryKey[0] !== "session" });
    queries.setQueryData(sessionQuery.queryKey, found);
  };
}
