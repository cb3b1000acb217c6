/** What the screens of people ask the service for. */
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, told } from "@/shared/api/client";
import { allPages } from "@/shared/api/pages";

export type Kind = "enrolled" | "stranger" | "everybody";

export const peopleQuery = (q: string, kind: Kind) =>
  infiniteQueryOptions({
    queryKey: ["people", "list", q, kind],
    initialPageParam: "",
    queryFn: ({ pageParam }) =>
      told(
        api.GET("/api/v1/people", {
          params: { query: { q, limit: 60, ...(kind === "everybody" ? { everybody: true } : { kind }), ...(pageParam ? { after: pageParam } : {}) } },
        }),
      ),
    getNextPageParam: (page) => page.next,
    placeholderData: (before) => before,
  });

export const changesQuery = infiniteQueryOptions({
  queryKey: ["changes"],
  initialPageParam: "",
  queryFn: ({ pageParam }) => told(api.GET("/api/v1/changes", { params: { query: pageParam ? { after: pageParam } : {} } })),
  getNextPageParam: (page) => page.next,
});

export const personQuery = (personId: string) =>
  queryOptions({
    queryKey: ["person", personId],
    queryFn: async () => {
      const { data, response } = await api.GET("/api/v1/people/{person_id}", { params: { path: { person_id: personId } } });
      if (!data) throw new Error("The service told nothing of this person.");
      return { ...data, etag: response.headers.get("etag") ?? "*" };
    },
  });

export const picturesQuery = (personId: string) =>
  queryOptions({
    queryKey: ["person", personId, "pictures"],
    queryFn: () => allPages((query) => told(api.GET("/api/v1/people/{person_id}/pictures", { params: { path: { person_id: personId }, query } }))),
  });

export const groupsQuery = (personId: string) =>
  queryOptions({
    queryKey: ["person", personId, "groups"],
    queryFn: () => told(api.GET("/api/v1/people/{person_id}/groups", { params: { path: { person_id: personId } } })),
  });

export const sightingsQuery = (personId: string) =>
  infiniteQueryOptions({
    queryKey: ["person", personId, "sightings"],
    initialPageParam: "",
    queryFn: ({ pageParam }) =>
      told(api.GET("/api/v1/people/{person_id}/sightings", { params: { path: { person_id: personId }, query: pageParam ? { after: pageParam } : {} } })),
    getNextPageParam: (page) => page.next,
  });

export const consentsQuery = (personId: string) =>
  queryOptions({
    queryKey: ["person", personId, "consents"],
    queryFn: () => told(api.GET("/api/v1/people/{person_id}/consents", { params: { path: { person_id: personId } } })),
  });
