/** Sits somebody before the camera: frames up, each answered with what to do next, the last with a result. */
import { API } from "@/shared/api/client";
import type { Begin, SittingMessage } from "@/shared/api/types";

export interface Step {
  instruction: string;
  remedy: string;
  done: number;
  of: number;
  leftS: number | null;
}

interface Sitting {
  path: "/session/face" | "/signup/camera";
  begin?: string;
  snap: () => Promise<Blob | null>;
  onStep: (step: Step) => void;
  onEnd: (result: { ticket: string; problem: string }) => void;
}

const PATIENCE_MS = 200;

/** Sit until there is a result, or until the answer is called. */
export function sit({ path, begin, snap, onStep, onEnd }: Sitting): () => void {
  const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${API}${path}`);
  let isOver = false;
  let timer = 0;
  let sentAt = 0;
  let limits = { bytes: 1 << 20, everyMs: 70 };
  const end = (ticket: string, problem: string) => {
    if (isOver) return;
    isOver = true;
    clearTimeout(timer);
    socket.close();
    onEnd({ ticket, problem });
  };
  const send = async () => {
    const frame = await snap().catch(() => null);
    if (isOver || socket.readyState !== WebSocket.OPEN) return;
    if (!frame || frame.size > limits.bytes) {
      timer = window.setTimeout(() => void send(), PATIENCE_MS);
      return;
    }
    sentAt = performance.now();
    socket.send(frame);
  };
  const next = () => {
    timer = window.setTimeout(() => void send(), Math.max(0, limits.everyMs - (performance.now() - sentAt)));
  };
  socket.onopen = () => begin && socket.send(JSON.stringify({ type: "begin", ticket: begin } satisfies Begin));
  socket.onmessage = (event: MessageEvent<string>) => {
    const told = JSON.parse(event.data) as SittingMessage;
    if (told.type === "result") return end(told.passed ? told.ticket : "", told.passed ? "" : told.detail);
    if (told.type === "ready") limits = { bytes: told.most_bytes, everyMs: 1000 / told.most_frames_per_s };
    else if (told.type === "challenge") onStep({ instruction: told.instruction, remedy: told.remedy, done: told.done, of: told.of, leftS: told.left_s });
    else if (told.type === "snapshot") onStep({ instruction: told.instruction, remedy: told.remedy || told.reason, done: told.done, of: told.of, leftS: null });
    next();
  };
  socket.onclose = (event) => end("", event.reason || "The connection is lost. Try again.");
  return () => {
    isOver = true;
    clearTimeout(timer);
    socket.close();
  };
}
