import { useQuery } from "@tanstack/react-query";
import { waitFor } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { type Asked, serve, show } from "@/test-app";
import { api, lostSession, Problem, sendForm, told } from "./client";
import { newQueries, sessionQuery, settle, whenLeft } from "./session";
import type { LoggedIn } from "./types";

afterEach(() => vi.unstubAllGlobals());
const ada: LoggedIn = { account_id: 1, name: "Ada", role: "admin", person_id: "", csrf_token: "a", expires_at: null } as unknown as LoggedIn;
const grace: LoggedIn = { ...ada, account_id: 2, name: "Grace", csrf_token: "g" };

test("nothing of a session that is lost is left to whoever comes next", () => {
  const queries = newQueries();
  const left = vi.fn();
  whenLeft(left);
  settle(queries, ada);
  left.mockClear();
  queries.setQueryData(["privacy", "audit"], ["Ada was enrolled"]);
  settle(queries, { ...ada, csrf_token: "another" });
  expect(queries.getQueryData(["privacy", "audit"])).toBeTruthy();
  lostSession();
  expect(queries.getQueryData(["privacy", "audit"])).toBeUndefined();
  expect(queries.getQueryData(sessionQuery.queryKey)).toBeNull();
  expect(left).toHaveBeenCalledOnce();
});

test("another tab may have logged in as somebody else: what was seen before is gone", async () => {
  const queries = newQueries();
  settle(queries, ada);
  queries.setQueryData(["people"], ["Ada"]);
  serve(() => ({ body: grace }));
  await queries.fetchQuery({ ...sessionQuery, staleTime: 0 });
  expect(queries.getQueryData(["people"])).toBeUndefined();
});

/** A service whose session has been made anew as `now`, which refuses every other token. */
function anew(now: LoggedIn) {
  const tokens: (string | null)[] = [];
  const bodies: string[] = [];
  vi.stubGlobal("fetch", async (request: Request) => {
    if (request.method === "GET") return Response.json(now);
    tokens.push(request.headers.get("x-csrf-token"));
    bodies.push(await request.text());
    return tokens.at(-1) === now.csrf_token ? Response.json({ done: true }) : Response.json({ detail: "not the token" }, { status: 403 });
  });
  return { tokens, bodies };
}

test("a token that another tab made old is renewed once, and the request sent again as it was", async () => {
  const queries = newQueries();
  settle(queries, ada);
  const { tokens, bodies } = anew({ ...ada, csrf_token: "new" });
  await told(api.POST("/api/v1/changes/undo", { body: { change_id: 7 } }));
  expect(tokens).toEqual(["a", "new"]);
  expect(bodies[1]).toBe(bodies[0]);
  const form = new FormData();
  form.append("name", "Ada");
  await sendForm("/people", form);
  expect(tokens).toEqual(["a", "new", "new"]);
});

test("what one account ordered is not done in the name of another", async () => {
  const queries = newQueries();
  settle(queries, ada);
  const { tokens } = anew(grace);
  await expect(told(api.POST("/api/v1/changes/undo", { body: { change_id: 7 } }))).rejects.toThrow("Not the token");
  expect(tokens).toEqual(["a"]);
  expect(queries.getQueryData(sessionQuery.queryKey)).toEqual(grace);
});

test("whoever may not is told so, and nothing is sent twice", async () => {
  settle(newQueries(), ada);
  const asked: Asked[] = serve(({ method }) => (method === "GET" ? { body: ada } : { status: 403, body: { detail: "this is for the role admin" } }));
  await expect(told(api.POST("/api/v1/changes/undo", { body: { change_id: 7 } }))).rejects.toThrow("for the role admin");
  expect(asked.map(({ method }) => method)).toEqual(["POST", "GET"]);
});

test("the session is asked for anew as soon as somebody looks at the page again", async () => {
  const asked = serve(() => ({ body: ada }));
  const Session = () => <p>{useQuery(sessionQuery).data?.name}</p>;
  show(<Session />);
  await waitFor(() => expect(asked.length).toBe(1));
  document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
  await waitFor(() => expect(asked.length).toBe(2));
});

test("of whoever was forgotten nothing stays in memory, of what could not be renewed everything", async () => {
  const queries = newQueries();
  queries.setQueryData(["person", "1"], "Ada");
  const ask = (status: number) => queries.fetchQuery({ queryKey: ["person", "1"], staleTime: 0, retry: false, queryFn: () => Promise.reject(new Problem(status, "no")) }).catch(() => {});
  await ask(429);
  expect(queries.getQueryData(["person", "1"])).toBe("Ada");
  await ask(404);
  expect(queries.getQueryData(["person", "1"])).toBeUndefined();
});
