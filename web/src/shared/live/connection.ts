/** One live connection for the whole app: it watches what screens ask for, and comes back where it breaks. */
import { API, lostSession } from "@/shared/api/client";
import type { Camera, FrameReading, LiveEvent } from "@/shared/api/types";
import { type Engine, type Message, readPreview, waitBefore } from "./frames";

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

class Connection {
  private socket: WebSocket | null = null;
  private readonly wishes = new Set<Wish>();
  private readonly listeners = new Set<() => void>();
  private readonly decoding = new Set<string>();
  private attempt = 0;
  private timer = 0;
  link: Link = "connecting";
  engine: Engine = { phase: "running", detail: "" };

  /** Take part until the answer is called. */
  join(wish: Wish): () => void {
    this.wishes.add(wish);
    if (this.socket) this.tellWishes();
    else this.open();
    return () => {
      this.wishes.delete(wish);
      if (this.wishes.size) this.tellWishes();
      else setTimeout(() => !this.wishes.size && this.close(), 500);
    };
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
      this.attempt = 0;
      this.set("open");
      this.tellWishes();
    };
    socket.onmessage = (event: MessageEvent<string | ArrayBuffer>) => {
      if (typeof event.data === "string") this.hear(JSON.parse(event.data) as Message);
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
    const socket = this.socket;
    this.socket = null;
    socket?.close();
    this.set("connecting");
  }

  private tellWishes(): void {
    if (this.socket?.readyState !== WebSocket.OPEN) return;
    const wishes = [...this.wishes];
    const cameras = wishes.some((one) => one.cameras === "all") ? null : [...new Set(wishes.flatMap((one) => [...one.cameras]))];
    const previews = Math.max(0, ...wishes.map((one) => one.previewsPerS));
    const events = wishes.some((one) => one.onEvent);
    this.socket.send(JSON.stringify({ type: "watch", ...(cameras ? { cameras } : {}), previews_per_s: previews, events }));
  }

  private hear(message: Message): void {
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
    if (!preview || this.decoding.has(preview.header.camera)) return;
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
