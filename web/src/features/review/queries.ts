/** What the review asks the service for. */
import { infiniteQueryOptions } from "@tanstack/react-query";
import { api, told } from "@/shared/api/client";

export const reviewQuery = infiniteQueryOptions({
  queryKey: ["review"],
  initialPageParam: "",
  queryFn: ({ pageParam }) => told(api.GET("/api/v1/review", { params: { query: { limit: 50, ...(pageParam ? { after: pageParam } : {}) } } })),
  getNextPageParam: (page) => page.next,
});
