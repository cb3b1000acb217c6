/** The one way to the service: typed requests, the token against forged ones, and failures as `Problem`. */
import createClient from "openapi-fetch";
import { sentence } from "@/shared/ui/words";
import type { paths } from "./schema";
import type { ExportForeseen, LoggedIn } from "./types";

export const API = "/api/v1";
const SESSION = `${API}/session`;
const UNSAFE = new Set(["POST", "PUT", "PATCH", "DELETE"]);

/** A failure in words that can be shown: what an RFC 9457 problem says, or that nobody answers. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly faults: readonly { where: string; what: string }[] = [],
  ) {
    super(message);
  }
}

/** Whether something is not there any more, or not to be seen: then nothing of it is to stay on the screen. */
export const isGone = (error: unknown): boolean => error instanceof Problem && (error.status === 404 || error.status === 403);

const session: { held: LoggedIn | null; changed: (found: LoggedIn | null) => void } = { held: null, changed: () => {} };

/** Remember whose session this is, or that there is none. */
export function holdSession(found: LoggedIn | null): void {
  session.held = found;
}

/** Have `changed` called as soon as an answer shows that the session is gone, or somebody else's. */
export function onSessionChanged(changed: (found: LoggedIn | null) => void): void {
  session.changed = changed;
}

/** Tell that the service does not know the session any more. */
export function lostSession(): void {
  session.changed(null);
}

async function reach(request: Request): Promise<Response> {
  const isAboutSession = new URL(request.url).pathname.startsWith(SESSION);
  const spare = UNSAFE.has(request.method) && session.held && !isAboutSession ? request.clone() : null;
  let answer = await send(request);
  if (answer.status === 403 && spare && (await hasNewToken(session.held))) answer = await send(spare);
  if (answer.ok) return answer;
  if (answer.status === 401 && !isAboutSession) lostSession();
  throw await problemOf(answer);
}

async function send(request: Request): Promise<Response> {
  if (UNSAFE.has(request.method) && session.held?.csrf_token) request.headers.set("X-CSRF-Token", session.held.csrf_token);
  try {
    return await fetch(request);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Problem(0, "mien does not answer. Is it still running?");
  }
}

/** Whether the same account has another token by now, as after a login in another tab. */
async function hasNewToken(before: LoggedIn | null): Promise<boolean> {
  const answer = await send(new Request(new URL(SESSION, location.origin)));
  if (!answer.ok && answer.status !== 401) return false;
  const now = answer.ok ? ((await answer.json()) as LoggedIn) : null;
  if (now?.csrf_token === before?.csrf_token) return false;
  holdSession(now);
  session.changed(now);
  return now !== null && now.account_id === before?.account_id;
}

async function problemOf(answer: Response): Promise<Problem> {
  const told = (await answer.json().catch(() => ({}))) as { detail?: string; title?: string; faults?: Problem["faults"] };
  const faults = Array.isArray(told.faults) ? told.faults : [];
  const said = [told.detail || told.title || `the service answers ${answer.status}`, ...faults.map((one) => `${one.where}: ${one.what}`)];
  return new Problem(answer.status, sentence(said.join("; ")), faults);
}

export const api = createClient<paths>({
  baseUrl: typeof location === "undefined" ? "http://localhost" : location.origin,
  fetch: reach,
  querySerializer: { array: { style: "form", explode: true } },
});

/** The body of an answer; failures were thrown as `Problem` before. */
export async function told<T>(asked: Promise<{ data?: T }>): Promise<T> {
  return (await asked).data as T;
}

/** Send files and fields, which the typed client has no form for. */
export async function sendForm<T>(path: string, form: FormData, query = ""): Promise<T> {
  const request = new Request(new URL(`${API}${path}${query}`, location.origin), { method: "POST", body: form });
  return (await (await reach(request)).json()) as T;
}

/** Fetch a file whole, as one must that is asked for by POST, and hand it to the browser to keep. */
export async function download(path: string, name: string, method: "GET" | "POST" = "GET"): Promise<void> {
  const answer = await reach(new Request(new URL(`${API}${path}`, location.origin), { method }));
  hand(await answer.blob(), name);
}

/**
 * Have the browser save an export as it comes, of which the page holds nothing; what it is called.
 *
 * Whether it can be had is asked before, so that a refusal is a failure here; the browser tells of what fails on the way.
 */
export async function save(path: string): Promise<string> {
  const address = new URL(`${API}${path}`, location.origin);
  const asked = new URL(address);
  asked.searchParams.set("dry_run", "true");
  const { name } = (await (await reach(new Request(asked))).json()) as ExportForeseen;
  follow(address.href, name);
  return name;
}

function follow(href: string, download: string): void {
  Object.assign(document.createElement("a"), { href, download }).click();
}

/** Hand a file to the browser. */
export function hand(file: Blob, name: string): void {
  const address = URL.createObjectURL(file);
  follow(address, name);
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

export const pictureUrl = (pictureId: number): string => `${API}/pictures/${pictureId}`;
export const previewUrl = (camera: string): string => `${API}/cameras/${encodeURIComponent(camera)}/preview`;
