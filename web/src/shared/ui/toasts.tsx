/** Short messages at the edge of the page, which may offer to take back what was just done. */
import { X } from "lucide-react";
import { useEffect, useState, useSyncExternalStore } from "react";
import { whenLeft } from "@/shared/api/session";
import { Button, IconButton } from "./controls";

export interface Toast {
  id: number;
  text: string;
  isBad?: boolean;
  action?: { label: string; run: () => void };
}

const STAYS_MS = 12_000;
const MOST_GOOD = 3;
let toasts: readonly Toast[] = [];
let last = 0;
const listeners = new Set<() => void>();
const dialogs: ((text: string) => void)[] = [];

function set(next: readonly Toast[]): void {
  toasts = next;
  listeners.forEach((one) => one());
}

export function closeToast(id: number): void {
  set(toasts.filter((one) => one.id !== id));
}

export function closeToasts(): void {
  set([]);
}
whenLeft(closeToasts);

/** Show a message; failures stay until they are closed. */
export function say(text: string, more: Omit<Toast, "id" | "text"> = {}): number {
  const id = ++last;
  const before = toasts.filter((one) => !(one.isBad && more.isBad && one.text === text));
  const all = [...before, { id, text, ...more }];
  const dropped = all.filter((one) => !one.isBad).slice(0, -MOST_GOOD);
  set(all.filter((one) => !dropped.includes(one)));
  if (!more.isBad) setTimeout(() => closeToast(id), STAYS_MS);
  return id;
}

/** Say why something failed: in the dialog that is open, or else as a message. */
export function sayFailure(error: unknown): void {
  const text = error instanceof Error ? error.message : "Something went wrong.";
  const dialog = dialogs.at(-1);
  if (dialog) dialog(text);
  else say(text, { isBad: true });
}

/** What failed since the dialog that asks for it is open, and how to put that away. */
export function useFailure(): [text: string, clear: () => void] {
  const [text, setText] = useState("");
  useEffect(() => {
    dialogs.push(setText);
    return () => void dialogs.splice(dialogs.indexOf(setText), 1);
  }, []);
  return [text, () => setText("")];
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function Toasts() {
  const shown = useSyncExternalStore(subscribe, () => toasts);
  return (
    <section className="toasts" aria-label="Messages" aria-live="polite" data-react-aria-top-layer>
      {shown.map((one) => (
        <div key={one.id} className={one.isBad ? "toast bad" : "toast"} role={one.isBad ? "alert" : "status"}>
          <span>{one.text}</span>
          <span className="row">
            {one.action && (
              <Button
                onPress={() => {
                  closeToast(one.id);
                  one.action?.run();
                }}
              >
                {one.action.label}
              </Button>
            )}
            <IconButton hint="Close message" onPress={() => closeToast(one.id)}>
              <X aria-hidden />
            </IconButton>
          </span>
        </div>
      ))}
    </section>
  );
}
