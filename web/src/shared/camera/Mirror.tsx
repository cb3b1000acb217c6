/** What this browser's camera sees, mirrored as people know themselves, with an optional overlay. */
import { type ReactNode, useEffect, useRef } from "react";
import type { FrameReading } from "@/shared/api/types";
import { fit, paintFaces, paintRate, prepare, type Shown } from "@/shared/face/overlay";
import type { BrowserCamera } from "./useCamera";
import "./camera.css";

interface MirrorProps {
  camera: BrowserCamera;
  reading: FrameReading | null;
  shown: Shown;
  /** How many frames are read a second, where that is to be seen. */
  fps?: number;
  label: string;
  onPainted?: (reading: FrameReading) => void;
  children?: ReactNode;
}

export function Mirror({ camera, reading, shown, fps, label, onPainted, children }: MirrorProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const painted = useRef<FrameReading | null>(null);
  useEffect(() => {
    const sheet = canvas.current;
    const pen = sheet?.getContext("2d");
    if (!sheet || !pen) return;
    const { w, h } = prepare(sheet, pen);
    pen.clearRect(0, 0, w, h);
    if (!reading) return;
    const place = fit(reading.width, reading.height, w, h);
    const whole = { ...place, width: reading.width, height: reading.height, isMirrored: true };
    paintFaces(pen, reading.faces, whole, shown, getComputedStyle(sheet));
    if (shown.fps && fps !== undefined) paintRate(pen, fps, whole);
    if (!onPainted || painted.current === reading) return;
    painted.current = reading;
    const due = requestAnimationFrame(() => onPainted(reading));
    return () => cancelAnimationFrame(due);
  }, [reading, shown, fps, onPainted]);
  return (
    <div className="mirror">
      <video ref={camera.attach} autoPlay playsInline muted aria-label={label} />
      <canvas ref={canvas} aria-hidden />
      {children}
    </div>
  );
}
