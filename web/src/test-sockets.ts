/** WebSockets of tests: what was sent, and what is to be heard. */
import { vi } from "vitest";

export class TestSocket {
  static readonly OPEN = 1;
  static all: TestSocket[] = [];
  static get last(): TestSocket {
    const last = TestSocket.all.at(-1);
    if (!last) throw new Error("no socket was opened");
    return last;
  }
  readyState = 0;
  binaryType = "";
  sent: unknown[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  constructor(readonly url: string) {
    TestSocket.all.push(this);
  }
  send(data: unknown): void {
    this.sent.push(data);
  }
  open(): void {
    this.readyState = 1;
    this.onopen?.();
  }
  hear(message: unknown): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
  close(code = 1000, reason = ""): void {
    this.readyState = 3;
    this.onclose?.({ code, reason });
  }
}

/** Have everything open these in place of real ones. */
export function useTestSockets(): void {
  TestSocket.all = [];
  vi.stubGlobal("WebSocket", TestSocket);
}
