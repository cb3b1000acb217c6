import { act, renderHook } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { ImportJob } from "@/shared/api/types";
import { cancelImport, importFolder, putAway, useImport, type Wanted } from "./importing";

const CONSENT: Wanted["consent"] = { scopes: ["identify"] };
const JOB: ImportJob = {
  import_id: "abc",
  state: "waiting",
  done: 0,
  total: 45,
  received: 0,
  people: 0,
  new_people: 0,
  pictures: 0,
  skipped: 0,
  refused: [],
  refused_count: 0,
  remarks: [],
  is_dry_run: false,
  is_declared: true,
  notice: "",
  problem: "",
};
const PICTURES = Array.from({ length: 45 }, (_, at) => ({ name: `Ada/${at}.jpg`, picture: new Blob(["x"]) }));
const WANTED = { pictures: PICTURES, consent: CONSENT, isDryRun: false };

type Answer = { status?: number; body?: unknown } | "nobody";
let asked: string[] = [];

function serve(answer: (line: string, times: number) => Answer): void {
  vi.stubGlobal("fetch", async (request: Request) => {
    const { pathname, search } = new URL(request.url);
    const line = `${request.method} ${pathname.replace("/api/v1", "")}${search}`;
    asked.push(line);
    const told = answer(line, asked.filter((one) => one === line).length);
    if (told === "nobody") throw new TypeError("failed to fetch");
    return new Response(JSON.stringify(told.body ?? JOB), { status: told.status ?? 200, headers: { "content-type": "application/json" } });
  });
}

beforeEach(() => {
  asked = [];
  vi.useFakeTimers({ toFake: ["setTimeout"] });
});
afterEach(() => {
  putAway();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** Let time pass until something is so. */
async function until(isSo: () => boolean): Promise<void> {
  for (let step = 0; step < 200 && !isSo(); step++) await act(() => vi.advanceTimersByTimeAsync(200));
  expect(isSo()).toBe(true);
}

async function imported(wanted = WANTED): Promise<void> {
  let isOver = false;
  void importFolder(wanted, () => (isOver = true));
  await until(() => isOver);
}

const done = (line: string): Answer => ({ body: line.startsWith("GET") ? { ...JOB, state: "done", done: 45 } : JOB });

test("a folder is sent in parts, each with its place, and followed to its end", async () => {
  serve(done);
  const shown = renderHook(useImport);
  await imported({ ...WANTED, isDryRun: true });
  expect(asked).toEqual(["POST /imports?dry_run=true", ...[0, 20, 40].map((at) => `POST /imports/abc/pictures?at=${at}`), "POST /imports/abc/end", "GET /imports/abc"]);
  expect(shown.result.current).toMatchObject({ isOver: true, sent: 45, problem: "", job: { state: "done", done: 45 } });
});

test("while the service is behind, or nobody answers, the same part is sent again", async () => {
  const behind = [{ status: 429, body: { detail: "send these in a moment" } }, "nobody", { status: 503, body: {} }] as const;
  serve((line, times) => (line.includes("at=20") && behind[times - 1]) || done(line));
  await imported();
  expect(asked.filter((line) => line.includes("at=20"))).toHaveLength(4);
  expect(renderHook(useImport).result.current).toMatchObject({ isOver: true, problem: "", sent: 45 });
});

test("whatever else goes wrong ends it, in words, and the service is told", async () => {
  serve((line) => (line.includes("at=20") ? { status: 409, body: { detail: "the database cannot be written" } } : { body: JOB }));
  await imported();
  expect(renderHook(useImport).result.current).toMatchObject({ isOver: true, problem: "The database cannot be written." });
  expect(asked.at(-1)).toBe("DELETE /imports/abc");
});

test("one that cannot begin says why", async () => {
  serve(() => ({ status: 422, body: { detail: "import at most 10000 at once" } }));
  await imported();
  expect(renderHook(useImport).result.current).toMatchObject({ isOver: true, job: null, problem: "Import at most 10000 at once." });
  expect(asked).toHaveLength(1);
});

test("whoever cancels it sends nothing more", async () => {
  const cancelled = { ...JOB, state: "cancelled", pictures: 3 };
  serve((line) => {
    if (line.startsWith("DELETE")) return { body: cancelled };
    if (line.includes("at=20")) return asked.some((one) => one.startsWith("DELETE")) ? { status: 409, body: { detail: "cancelled" } } : { status: 429, body: {} };
    return { body: JOB };
  });
  const shown = renderHook(useImport);
  let isOver = false;
  void importFolder(WANTED, () => (isOver = true));
  await until(() => asked.some((line) => line.includes("at=20")));
  await act(cancelImport);
  await until(() => isOver);
  expect(shown.result.current).toMatchObject({ isOver: true, problem: "", job: { state: "cancelled", pictures: 3 } });
  expect(asked.some((line) => line.includes("at=40"))).toBe(false);
});
