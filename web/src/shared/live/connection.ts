/** One live connection for the whole app: it watches what screens ask for, and comes back where it breaks. */
import { API, lostSession } from "@/shared/api/client";
import type { Camera, Engine, FrameReading, LiveEvent, LiveMessage, Watch } from "@/shared/api/types";
import { readPreview, waitBefore } from "./frames";

export interface Wish {
  cameras: readonly string[] | "all";
  previewsPerS: number;
  onReading?: (reading: FrameReading) => void;
  onPreview?: (camera: string, picture: ImageBitmap) => void;
  onStatus?: (status: Camera) => void;
  onEvent?: (event: LiveEvent) => void;
  onMissed?: (events: number) => void;
}

export type Link = "connecting" | "open" | "lost";

const LOGGED_OUT = 4401;
const TOLD_EVERY_MS = 200; // the service takes five wishes a second

class Connection {
  private socket: WebSocket | null = null;
  private readonly wishes = new Set<Wish>();
  private readonly listeners = new Set<() => void>();
  private readonly decoding = new Set<string>();
  private attempt = 0;
  private timer = 0;
  private telling = 0;
  private told = { wish: "", at: -Infinity };
  link: Link = "connecting";
  engine: Engine = { phase: "running", detail: "" };

  constructor() {
    document.addEventListener("visibilitychange", () => this.wishesChanged());
  }

  /** Take part until the answer is called. */
  join(wish: Wish): () => void {
    this.wishes.add(wish);
    if (this.socket) this.wishesChanged();
    else this.open();
    return () => {
      this.wishes.delete(wish);
      if (this.wishes.size) this.wishesChanged();
      else setTimeout(() => this.rest(), 500);
    };
  }

  /** Where nobody watches, nothing is connected. */
  rest(): void {
    if (!this.wishes.size) this.close();
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  private set(link: Link): void {
    this.link = link;
    this.listeners.forEach((one) => one());
  }

  private open(): void {
    clearTimeout(this.timer);
    if (this.socket) return;
    const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${API}/live`);
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    socket.onopen = () => {
      this.told = { wish: "", at: -Infinity };
      this.tellWishes();
    };
    socket.onmessage = (event: MessageEvent<string | ArrayBuffer>) => {
      this.attempt = 0; // not before: the service also opens a socket to close it with a reason
      if (this.link !== "open") this.set("open");
      if (typeof event.data === "string") this.hear(JSON.parse(event.data) as LiveMessage);
      else void this.show(event.data);
    };
    socket.onclose = (event) => {
      if (this.socket !== socket) return;
      this.socket = null;
      if (event.code === LOGGED_OUT) lostSession();
      if (!this.wishes.size) return;
      this.set("lost");
      this.timer = window.setTimeout(() => this.open(), waitBefore(this.attempt++));
    };
  }

  private close(): void {
    clearTimeout(this.timer);
    clearTimeout(this.telling);
    this.telling = 0;
    const socket = this.socket;
    this.socket = null;
    socket?.close();
    this.set("connecting");
  }

  /** Whatever changes in one go, as from one screen to the next, is told as one. */
  private wishesChanged(): void {
    if (this.telling) return;
    this.telling = window.setTimeout(() => this.tellWishes(), Math.max(0, this.told.at + TOLD_EVERY_MS - performance.now()));
  }

  private tellWishes(): void {
    clearTimeout(this.telling);
    this.telling = 0;
    if (!this.wishes.size || this.socket?.readyState !== WebSocket.OPEN) return;
    const wishes = [...this.wishes];
    const cameras = wishes.some((one) => one.cameras === "all") ? null : [...new Set(wishes.flatMap((one) => [...one.cameras]))];
    const previews = document.hidden ? 0 : Math.max(0, ...wishes.map((one) => one.previewsPerS));
    const events = wishes.some((one) => one.onEvent);
    const readings = wishes.some((one) => one.onReading);
    const wish = JSON.stringify({ type: "watch", ...(cameras ? { cameras } : {}), previews_per_s: previews, events, readings } satisfies Watch);
    if (wish === this.told.wish) return;
    this.told = { wish, at: performance.now() };
    this.socket.send(wish);
  }

  private hear(message: LiveMessage): void {
    if (message.type === "engine") {
      this.engine = message;
      this.listeners.forEach((one) => one());
    }
    for (const wish of this.wishes) {
      if (message.type === "reading" && watches(wish, message.camera)) wish.onReading?.(message);
      else if (message.type === "status" && watches(wish, message.name)) wish.onStatus?.(message);
      else if (message.type === "event") wish.onEvent?.(message);
      else if (message.type === "missed") wish.onMissed?.(message.events);
    }
  }

  // Where a browser is too slow to decode, the newer picture is left out rather than kept waiting.
  private async show(data: ArrayBuffer): Promise<void> {
    const preview = readPreview(data);
    if (!preview || document.hidden || this.decoding.has(preview.header.camera)) return;
    const { camera } = preview.header;
    const takers = [...this.wishes].filter((one) => one.onPreview && watches(one, camera));
    if (!takers.length) return;
    this.decoding.add(camera);
    try {
      const picture = await createImageBitmap(new Blob([preview.jpeg], { type: "image/jpeg" }));
      takers.forEach((one) => one.onPreview?.(camera, picture));
    } catch {
      // A picture that is no picture is left out: the next one comes at once.
    } finally {
      this.decoding.delete(camera);
    }
  }
}

function watches(wish: Wish, camera: string): boolean {
  return wish.cameras === "all" || wish.cameras.includes(camera);
}

export const live = new Connection();
