/** All cameras, however many there are. */
import { queryOptions } from "@tanstack/react-query";
import { api, told } from "@/shared/api/client";
import type { Camera } from "@/shared/api/types";

const MOST = 200; // of a page

export const camerasQuery = queryOptions({
  queryKey: ["cameras"],
  queryFn: async (): Promise<Camera[]> => {
    const all: Camera[] = [];
    for (let after = ""; ; ) {
      const page = await told(api.GET("/api/v1/cameras", { params: { query: { limit: MOST, ...(after ? { after } : {}) } } }));
      all.push(...page.items);
      if (!page.next) return all;
      after = page.next;
    }
  },
});
