/** Short messages at the edge of the page, which may offer to take back what was just done. */
import { X } from "lucide-react";
import { useSyncExternalStore } from "react";
import { Button, IconButton } from "./controls";

export interface Toast {
  id: number;
  text: string;
  isBad?: boolean;
  action?: { label: string; run: () => void };
}

const STAYS_MS = 12_000;
let toasts: readonly Toast[] = [];
let last = 0;
const listeners = new Set<() => void>();

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

/** Show a message; failures stay until they are closed. */
export function say(text: string, more: Omit<Toast, "id" | "text"> = {}): number {
  const id = ++last;
  set([...toasts.slice(-2), { id, text, ...more }]);
  if (!more.isBad) setTimeout(() => closeToast(id), STAYS_MS);
  return id;
}

export function sayFailure(error: unknown): void {
  say(error instanceof Error ? error.message : "Something went wrong.", { isBad: true });
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function Toasts() {
  const shown = useSyncExternalStore(subscribe, () => toasts);
  return (
    <section className="toasts" aria-label="Messages" aria-live="polite">
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
