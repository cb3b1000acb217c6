/** All cameras, however many there are. */
import { queryOptions } from "@tanstack/react-query";
import { api, told } from "@/shared/api/client";
import { allPages } from "@/shared/api/pages";

export const camerasQuery = queryOptions({
  queryKey: ["cameras"],
  queryFn: () => allPages((query) => told(api.GET("/api/v1/cameras", { params: { query } }))),
});
