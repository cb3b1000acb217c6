/** Which key does what in the review, and whether keys do anything: who speaks to the machine may want none of it. */
export type Command = "up" | "down" | "select" | "assign" | "accept" | "new" | "ignore" | "keep" | "aside" | "discard" | "all" | "none";

const KEYS: Record<string, Command> = {
  ArrowUp: "up",
  ArrowLeft: "up",
  k: "up",
  ArrowDown: "down",
  ArrowRight: "down",
  j: "down",
  " ": "select",
  a: "assign",
  s: "accept",
  n: "new",
  i: "ignore",
  r: "keep",
  o: "aside",
  d: "discard",
  "*": "all",
  Escape: "none",
};

export type Help = readonly (readonly [key: string, what: string])[];
const MOVE: Help = [
  ["← →", "move"],
  ["space", "select"],
];
const SELECT: Help = [
  ["*", "select all"],
  ["esc", "select none"],
];

export const STRANGERS: Help = [...MOVE, ["s", "is the suggested person"], ["a", "is somebody known"], ["n", "is somebody new"], ["i", "ignore"], ["d", "discard"], ...SELECT];
export const PICTURES: Help = [...MOVE, ["r", "is right"], ["s", "shows the suggested person"], ["a", "shows somebody else"], ["o", "set aside"], ["d", "remove"], ...SELECT];

/** The key of a command. */
export const keyOf = (command: Command): string => Object.keys(KEYS).find((key) => KEYS[key] === command) ?? "";

/** The command of a key, or none: where it is typed into something, held with another key, or means nothing. */
export function commandOf(event: Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey" | "target">): Command | null {
  if (event.ctrlKey || event.metaKey || event.altKey) return null;
  const target = event.target as Element | null;
  if (target?.closest?.("input:not([type=checkbox]), textarea, select, [role=dialog], [role=listbox], [role=menu], [contenteditable]")) return null;
  if (event.key === " " && target?.closest?.("button, summary, input, [role=tab]")) return null;
  if (event.key.startsWith("Arrow") && target?.closest?.("[role=tab]")) return null; // they go to the other tab
  return KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key] ?? null;
}

/** Whether a command is meant again and again while its key is held down. */
export const isHeldFor = (command: Command): boolean => command === "up" || command === "down";

const KEPT = "mien.review-keys";

export const keysAct = (): boolean => localStorage.getItem(KEPT) !== "off";

/** Have keys act, or do nothing; kept by this browser. */
export function letKeysAct(they: boolean): void {
  if (they) localStorage.removeItem(KEPT);
  else localStorage.setItem(KEPT, "off");
}

/** At whom the cursor is once some are gone: whoever takes the place, or is the last; nobody where nobody is left. */
export function nextCursor(ids: readonly string[], gone: readonly string[], place: number): string {
  const left = ids.filter((id) => !gone.includes(id));
  const before = ids.slice(0, place).filter((id) => !gone.includes(id)).length;
  return left[Math.min(before, left.length - 1)] ?? "";
}
