/** This browser's camera: started and stopped by whoever sits before it, and its pictures as JPEG. */
import { useCallback, useEffect, useRef, useState } from "react";

export type CameraState = "off" | "starting" | "on" | "refused";

const WHY: Record<string, string> = {
  NotAllowedError: "The browser does not let this page use the camera. Allow it in the browser’s address bar, then start again.",
  NotFoundError: "This device has no camera that the browser knows of.",
  NotReadableError: "Something else uses the camera. Close it, then start again.",
};

export interface BrowserCamera {
  state: CameraState;
  problem: string;
  attach: (element: HTMLVideoElement | null) => void;
  start: () => Promise<void>;
  stop: () => void;
  snap: (longest: number, quality: number) => Promise<Blob | null>;
  size: () => { width: number; height: number } | null;
}

export function useCamera(): BrowserCamera {
  const [state, setState] = useState<CameraState>("off");
  const [problem, setProblem] = useState("");
  const video = useRef<HTMLVideoElement | null>(null);
  const stream = useRef<MediaStream | null>(null);
  const canvas = useRef<HTMLCanvasElement | null>(null);
  const run = useRef(0); // somebody may stop, or leave, while the browser still asks for permission

  const stop = useCallback(() => {
    run.current += 1;
    stream.current?.getTracks().forEach((one) => one.stop());
    stream.current = null;
    if (video.current) video.current.srcObject = null;
    setState("off");
  }, []);
  useEffect(() => stop, [stop]);

  const attach = useCallback((element: HTMLVideoElement | null) => {
    video.current = element;
    if (element && stream.current) element.srcObject = stream.current;
  }, []);

  const start = useCallback(async () => {
    const mine = ++run.current;
    setProblem("");
    if (!navigator.mediaDevices) {
      setState("refused");
      setProblem("Browsers show their camera only to pages at localhost or over https.");
      return;
    }
    setState("starting");
    try {
      const opened = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 1280 }, height: { ideal: 720 }, facingMode: "user" } });
      if (mine !== run.current) {
        opened.getTracks().forEach((one) => one.stop());
        return;
      }
      stream.current = opened;
      opened.getVideoTracks()[0]?.addEventListener("ended", stop);
      if (video.current) video.current.srcObject = opened;
      setState("on");
    } catch (error) {
      if (mine !== run.current) return;
      setState("refused");
      setProblem((error instanceof Error && WHY[error.name]) || "The camera could not be started.");
    }
  }, [stop]);

  const size = useCallback(() => {
    const { videoWidth: width = 0, videoHeight: height = 0 } = video.current ?? {};
    return width ? { width, height } : null;
  }, []);

  const snap = useCallback(
    async (longest: number, quality: number) => {
      const full = size();
      if (!full || !video.current) return null;
      const scale = Math.min(1, longest / Math.max(full.width, full.height));
      canvas.current ??= document.createElement("canvas");
      const sheet = canvas.current;
      sheet.width = Math.round(full.width * scale);
      sheet.height = Math.round(full.height * scale);
      sheet.getContext("2d")?.drawImage(video.current, 0, 0, sheet.width, sheet.height);
      return new Promise<Blob | null>((resolve) => sheet.toBlob(resolve, "image/jpeg", quality));
    },
    [size],
  );
  return { state, problem, attach, start, stop, snap, size };
}
