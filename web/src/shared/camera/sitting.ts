/** Sits somebody before the camera: frames up, each answered with what to do next, the last with a result. */
import { API } from "@/shared/api/client";
import type { Enrolled, SittingMessage } from "@/shared/api/types";

export interface Step {
  instruction: string;
  remedy: string;
  done: number;
  of: number;
  leftS: number | null;
}

/** Before which socket somebody sits, and what is said there first, if anything. */
export interface Place {
  path: "/session/face" | "/signup/camera" | "/people/camera";
  begin?: string;
}

/** How it ended: with a ticket, or with whoever was enrolled, or with a problem. */
export interface Ended {
  ticket: string;
  enrolled: Enrolled | null;
  problem: string;
  /** Whether the problem is that a model cannot be had. */
  lacksModel: boolean;
}

interface Sitting extends Place {
  snap: () => Promise<Blob | null>;
  onStep: (step: Step) => void;
  onEnd: (result: Ended) => void;
}

const PATIENCE_MS = 200;

/** Sit until there is a result, or until the answer is called. */
export function sit({ path, begin, snap, onStep, onEnd }: Sitting): () => void {
  const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${API}${path}`);
  let isOver = false;
  let timer = 0;
  let sentAt = 0;
  let limits = { bytes: 1 << 20, everyMs: 70 };
  const end = ({ ticket = "", enrolled = null, problem = "", lacksModel = false }: Partial<Ended>) => {
    if (isOver) return;
    isOver = true;
    clearTimeout(timer);
    socket.close();
    onEnd({ ticket, enrolled, problem, lacksModel });
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
  socket.onopen = () => begin && socket.send(begin);
  socket.onmessage = (event: MessageEvent<string>) => {
    const told = JSON.parse(event.data) as SittingMessage;
    if (told.type === "result") return end(told.passed ? { ticket: told.ticket } : { problem: told.detail });
    if (told.type === "enrolment") return end(told.enrolled ? { enrolled: told.enrolled } : { problem: told.detail, lacksModel: !!told.lacks_model });
    if (told.type === "ready") limits = { bytes: told.most_bytes, everyMs: 1000 / told.most_frames_per_s };
    else if (told.type === "challenge") onStep({ instruction: told.instruction, remedy: told.remedy, done: told.done, of: told.of, leftS: told.left_s });
    else if (told.type === "snapshot") onStep({ instruction: told.instruction, remedy: told.remedy || told.reason, done: told.done, of: told.of, leftS: null });
    next();
  };
  socket.onclose = (event) => end({ problem: event.reason || "The connection is lost. Try again." });
  return () => {
    isOver = true;
    clearTimeout(timer);
    socket.close();
  };
}
