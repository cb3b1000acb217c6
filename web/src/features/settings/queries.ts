/** Settings as the service tells them, changes that two operators cannot lose to one another, and the restart. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef } from "react";
import { api, Problem, told } from "@/shared/api/client";
import type { Settings } from "@/shared/api/types";
import { say, sayFailure } from "@/shared/ui/toasts";
import type { Schema } from "./fields";

export type Value = boolean | number | string | string[] | null;
export type Changes = Readonly<Record<string, Value>>;
export type Seen = Settings & { etag: string };

const ASK_AGAIN_MS = 400;
const PATIENCE_MS = 120_000;

async function look(): Promise<Seen> {
  const { data, response } = await api.GET("/api/v1/settings");
  return { ...(data as Settings), etag: response.headers.get("etag") ?? "*" };
}

const settingsQuery = { queryKey: ["settings"], queryFn: look };
export const useSettings = () => useQuery(settingsQuery);
export const useSchema = () => useQuery({ queryKey: ["settings", "schema"], queryFn: async () => (await told(api.GET("/api/v1/settings/schema"))) as Schema });

/** What is wrong with each key that was sent. */
export const faultsOf = (error: unknown): Record<string, string> => (error instanceof Problem ? Object.fromEntries(error.faults.map((one) => [one.where, one.what])) : {});

const own = new Map<string, string>(); // from which state to which one this browser itself has changed the settings

/** A state, or the one that own changes have made of it since: nobody is overtaken by himself. */
function followed(etag: string): string {
  let last = etag;
  for (let next = own.get(last); next; next = own.get(last)) last = next;
  return last;
}

/**
 * Write changes over the settings as they were when editing began: `begin` says that it does, `end` that it is over.
 * Whoever was overtaken by somebody else is told, and goes on from what there is then.
 */
export function useChange(seen: Seen) {
  const queries = useQueryClient();
  const base = useRef<string | null>(null);
  const begin = () => void (base.current ??= seen.etag);
  const end = () => void (base.current = null);
  const change = useMutation({
    mutationFn: async (changes: Changes): Promise<Seen> => {
      const before = followed(base.current ?? seen.etag);
      const { data, response } = await api.PATCH("/api/v1/settings", { body: changes, params: { header: { "If-Match": before } } });
      const after = response.headers.get("etag");
      if (after) own.set(before, after).delete(after);
      return { ...(data as Settings), etag: after ?? "*" };
    },
    onSuccess: (after) => {
      end();
      queries.setQueryData(["settings"], after);
    },
    onError: async (error) => {
      sayFailure(error);
      if (!(error instanceof Problem) || error.status !== 412) return;
      base.current = (await queries.fetchQuery({ ...settingsQuery, staleTime: 0 })).etag;
    },
  });
  return { ...change, begin, end };
}

/** Have the service begin anew, and wait until it has. */
export function useRestart() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async () => {
      const { begun } = await told(api.POST("/api/v1/system/restart"));
      return await anew(begun);
    },
    onSuccess: async (after) => {
      queries.setQueryData(["settings"], after);
      if (!after.refused) say("mien has started again.");
      await queries.invalidateQueries();
    },
    onError: sayFailure,
  });
}

async function anew(before: number): Promise<Seen> {
  const until = Date.now() + PATIENCE_MS;
  for (;;) {
    await new Promise((done) => setTimeout(done, ASK_AGAIN_MS));
    try {
      const now = await look();
      if (now.begun !== before) return now;
    } catch (error) {
      const isAway = error instanceof Problem && (error.status === 0 || error.status === 503);
      if (!isAway) throw error;
    }
    if (Date.now() > until) throw new Problem(0, "mien does not come back. What it printed on its machine says why.");
  }
}
