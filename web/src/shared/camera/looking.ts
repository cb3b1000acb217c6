/** Sends this browser's frames to the service, one at a time, and hears what is read of each. */
import { API } from "@/shared/api/client";
import type { BrowserMessage, FrameReading } from "@/shared/api/types";
import { waitBefore } from "@/shared/live/frames";

export interface Looked {
  reading: FrameReading | null;
  refused: string;
  frame: Blob;
  /** When the frame was taken, by the clock of the page. */
  takenAt: number;
  tripMs: number;
}

const NO_RETURN = new Set([1003, 1008, 1009, 4401, 4403]);
const PATIENCE_MS = 300;

export interface Looking {
  snap: () => Promise<Blob | null>;
  onLooked: (looked: Looked) => void;
  onState: (isOpen: boolean, problem: string) => void;
  keeps: boolean;
}

/** Look until the answer is called; comes back by itself where the connection breaks. */
export function look({ snap, onLooked, onState, keeps }: Looking): () => void {
  let isOver = false;
  let attempt = 0;
  let socket: WebSocket | null = null;
  let timer = 0;
  let sent: { frame: Blob; at: number } | null = null;
  let limits = { bytes: 1 << 20, everyMs: 70 };

  const send = async () => {
    const mine = socket;
    const began = performance.now();
    const frame = await snap().catch(() => null);
    if (isOver || mine !== socket || mine?.readyState !== WebSocket.OPEN) return;
    if (!frame || frame.size > limits.bytes) {
      timer = window.setTimeout(() => void send(), PATIENCE_MS);
      return;
    }
    sent = { frame, at: began };
    mine.send(frame);
  };
  const hear = (told: BrowserMessage) => {
    if (told.type === "ready") {
      limits = { bytes: told.most_bytes, everyMs: 1000 / told.most_frames_per_s };
      attempt = 0;
      onState(true, "");
      void send();
    } else if (told.type === "ack" && sent) {
      const { frame, at } = sent;
      const tripMs = performance.now() - at;
      onLooked({ reading: told.reading, refused: told.refused, frame, takenAt: at, tripMs });
      timer = window.setTimeout(() => void send(), Math.max(0, limits.everyMs - tripMs));
    }
  };
  const open = () => {
    const mine = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${API}/browser${keeps ? "/kept" : ""}`);
    socket = mine;
    mine.onmessage = (event: MessageEvent<string>) => hear(JSON.parse(event.data) as BrowserMessage);
    mine.onclose = (event) => {
      if (isOver || socket !== mine) return;
      const isEnd = NO_RETURN.has(event.code);
      onState(false, event.reason || (isEnd ? "The service does not take this camera." : "The connection is lost. It is tried again by itself."));
      if (!isEnd) timer = window.setTimeout(open, waitBefore(attempt++));
    };
  };
  open();
  return () => {
    isOver = true;
    clearTimeout(timer);
    socket?.close();
  };
}
