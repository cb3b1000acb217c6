/** Shows a component as the app would, over a service that answers as told. */
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render } from "@testing-library/react";
import type { ReactNode } from "react";
import { vi } from "vitest";
import { Toasts } from "@/shared/ui/toasts";

export interface Asked {
  method: string;
  path: string;
  body: unknown;
  ifMatch?: string;
}

/** Answer requests; what was asked is noted in the list that is returned. */
export function serve(answer: (asked: Asked) => { status?: number; body?: unknown; etag?: string }): Asked[] {
  const all: Asked[] = [];
  vi.stubGlobal("fetch", async (request: Request) => {
    const { pathname, search } = new URL(request.url);
    const text = await request.clone().text();
    const ifMatch = request.headers.get("if-match");
    const asked: Asked = { method: request.method, path: pathname.replace("/api/v1", "") + search, body: text ? (JSON.parse(text) as unknown) : null, ...(ifMatch ? { ifMatch } : {}) };
    all.push(asked);
    const { status = 200, body = {}, etag } = answer(asked);
    return new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json", ...(etag ? { etag } : {}) } });
  });
  return all;
}

export function show(children: ReactNode) {
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  render(
    <QueryClientProvider client={queries}>
      {children}
      <Toasts />
    </QueryClientProvider>,
  );
  return queries;
}
