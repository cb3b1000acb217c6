/** The import of a folder: sent part by part, no faster than it is looked at, whatever page is open meanwhile. */
import { useSyncExternalStore } from "react";
import { api, Problem, sendForm, told } from "@/shared/api/client";
import { parts, type Sent } from "@/shared/api/parts";
import { whenLeft } from "@/shared/api/session";
import type { ConsentAsked, ImportJob } from "@/shared/api/types";

const PART = { pictures: 20, bytes: 24 << 20 };
const PAUSES = { ahead: 500, lost: 2000, look: 500 };
const MOST_LOST = 15; // times in a row that nobody answers

export interface Wanted {
  pictures: readonly Sent[];
  consent: ConsentAsked | null;
  isDryRun: boolean;
}

/** How far it is: `sent` of the pictures are with the service, whose word is `job`. */
export interface Import {
  total: number;
  sent: number;
  job: ImportJob | null;
  problem: string;
  isOver: boolean;
}

let current: Import | null = null;
let run = 0; // which of all runs is the current one
let cancelling: Promise<void> | null = null;
let tried: (() => void) | null = null; // imports what was only tried
const listeners = new Set<() => void>();

function tell(mine: number, news: Partial<Import>): void {
  if (mine !== run || !current) return;
  const job = current.job && isOver(current.job) ? current.job : (news.job ?? current.job); // an older word may come later
  current = { ...current, ...news, job };
  listeners.forEach((one) => one());
}

function listen(heard: () => void): () => void {
  listeners.add(heard);
  return () => listeners.delete(heard);
}

/** The import that is going on, or the last one until it is put away. */
export function useImport(): Import | null {
  return useSyncExternalStore(listen, () => current);
}

/** Begin one; ends when it is over, whichever way. */
export async function importFolder(wanted: Wanted, after: () => void): Promise<void> {
  const mine = ++run;
  cancelling = null;
  current = { total: wanted.pictures.length, sent: 0, job: null, problem: "", isOver: false };
  tried = wanted.isDryRun ? () => void importFolder({ ...wanted, isDryRun: false }, after) : null;
  tell(mine, {});
  addEventListener("beforeunload", hold);
  addEventListener("pagehide", leave);
  try {
    await send(mine, wanted);
  } catch (error) {
    await cancelled(); // what was sent meanwhile is refused for that reason
    if (mine === run && current?.job?.state !== "cancelled") {
      tell(mine, { problem: error instanceof Error ? error.message : "Something went wrong." });
      leave();
    }
  } finally {
    removeEventListener("beforeunload", hold);
    removeEventListener("pagehide", leave);
    tell(mine, { isOver: true });
    after();
  }
}

/** Import the same folder with the same answers as was tried. */
export function importTried(): void {
  tried?.();
}

/** Have it end: what was taken in stays. */
export async function cancelImport(): Promise<void> {
  const id = current?.job?.import_id;
  const mine = run;
  if (!id) return;
  const asked = told(api.DELETE("/api/v1/imports/{import_id}", { params: { path: { import_id: id } } }));
  cancelling = asked.then((job) => tell(mine, { job }));
  await cancelling.finally(() => (cancelling = null));
}

/** Wait until a cancellation that is on its way is through, whatever comes of it. */
async function cancelled(): Promise<void> {
  await cancelling?.catch(() => {});
}

/** Put what is over away. */
export function putAway(): void {
  run += 1;
  current = tried = null;
  listeners.forEach((one) => one());
}
whenLeft(putAway);

async function send(mine: number, { pictures, consent, isDryRun }: Wanted): Promise<void> {
  const query = isDryRun ? { dry_run: true } : {};
  const begun = await told(api.POST("/api/v1/imports", { params: { query }, body: { total: pictures.length, consent } }));
  tell(mine, { job: begun });
  const path = { import_id: begun.import_id };
  let at = 0;
  for (const part of parts(pictures, PART.pictures, PART.bytes)) {
    const form = formOf(part);
    const place = at;
    const job = await patiently(mine, path, () => sendForm<ImportJob>(`/imports/${begun.import_id}/pictures`, form, `?at=${place}`));
    at += part.length;
    tell(mine, { sent: at, job });
  }
  let job = await patiently(mine, path, () => told(api.POST("/api/v1/imports/{import_id}/end", { params: { path } })));
  while (!isOver(job)) {
    tell(mine, { job });
    await pause(PAUSES.look);
    job = await patiently(mine, path, () => look(path));
  }
  tell(mine, { job });
}

/** Ask until there is an answer: again in a moment while the service is behind, some times where nobody answers. */
async function patiently(mine: number, path: { import_id: string }, ask: () => Promise<ImportJob>): Promise<ImportJob> {
  for (let lost = 0; ; ) {
    if (mine !== run) throw new Problem(0, "It was put away."); // nothing is sent on for whoever comes next
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof Problem) || current?.job?.state === "cancelled") throw error;
      if (error.status === 429) {
        await pause(PAUSES.ahead);
        lost = 0;
        tell(mine, { job: await look(path).catch(() => current?.job ?? null) });
      } else if ([0, 408, 503].includes(error.status) && ++lost < MOST_LOST) await pause(PAUSES.lost);
      else throw error;
    }
  }
}

const look = (path: { import_id: string }) => told(api.GET("/api/v1/imports/{import_id}", { params: { path } }));
const isOver = (job: ImportJob) => job.state !== "waiting" && job.state !== "running";
const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

function formOf(part: readonly Sent[]): FormData {
  const form = new FormData();
  part.forEach((one) => form.append("pictures", one.picture, one.name));
  return form;
}

function hold(event: Event): void {
  event.preventDefault(); // the browser asks whether to leave
}

function leave(): void {
  const id = current?.job?.import_id;
  if (id) api.DELETE("/api/v1/imports/{import_id}", { params: { path: { import_id: id } }, keepalive: true }).catch(() => {});
}
