/** What this browser's camera sees, mirrored as people know themselves, with an optional overlay. */
import { type ReactNode, useEffect, useRef } from "react";
import type { FrameReading } from "@/shared/api/types";
import { fit, paintFaces, prepare, type Shown } from "@/shared/face/overlay";
import type { BrowserCamera } from "./useCamera";
import "./camera.css";

interface MirrorProps {
  camera: BrowserCamera;
  reading: FrameReading | null;
  shown: Shown;
  label: string;
  onPainted?: (reading: FrameReading) => void;
  children?: ReactNode;
}

export function Mirror({ camera, reading, shown, label, onPainted, children }: MirrorProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const sheet = canvas.current;
    const pen = sheet?.getContext("2d");
    if (!sheet || !pen) return;
    const { w, h } = prepare(sheet, pen);
    pen.clearRect(0, 0, w, h);
    if (!reading) return;
    const place = fit(reading.width, reading.height, w, h);
    paintFaces(pen, reading.faces, { ...place, width: reading.width, height: reading.height, isMirrored: true }, shown, getComputedStyle(sheet));
    if (!onPainted) return;
    const due = requestAnimationFrame(() => onPainted(reading));
    return () => cancelAnimationFrame(due);
  }, [reading, shown, onPainted]);
  return (
    <div className="mirror">
      <video ref={camera.attach} autoPlay playsInline muted aria-label={label} />
      <canvas ref={canvas} aria-hidden />
      {children}
    </div>
  );
}
