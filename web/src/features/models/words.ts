/** Models in words: what their tasks are called, how they stand, and what may be done with them. */
import type { Measured, Model } from "@/shared/api/types";

const TASKS: Record<Model["task"], string> = {
  detection: "Finding faces",
  recognition: "Telling people apart",
  emotion: "Apparent expressions",
  quality: "Quality of pictures",
  liveness: "Live faces and pictures of faces",
  pose: "Where a head turns",
  landmarks: "Points of a face",
  eyes: "Open and shut eyes",
  demo: "Footage of the demo",
};
const USES: Record<Model["allowed_use"], string> = {
  any: "any use",
  "research-only": "research only",
  copyleft: "copyleft",
  demonstration: "demonstration",
};

export const taskName = (task: Model["task"]): string => TASKS[task];
export const useName = (use: Model["allowed_use"]): string => USES[use];

/** Models under the names of their tasks, in their order; those in use come first. */
export function byTask(models: readonly Model[]): [Model["task"], Model[]][] {
  const found = new Map<Model["task"], Model[]>();
  for (const one of models) found.set(one.task, [...(found.get(one.task) ?? []), one]);
  const isUsed = (one: Model) => Number(one.used_by.length > 0);
  return [...found].map(([task, own]) => [task, own.toSorted((one, other) => isUsed(other) - isUsed(one))]);
}

/** A measured number without digits that say nothing. */
export const figure = (value: number): string => `${Number(value.toPrecision(4))}`;

/** From when to when the true value is likely to lie, or nothing where nobody took that. */
export const interval = ({ interval: found }: Measured): string => (found ? `${figure(found.low)} to ${figure(found.high)}` : "");
