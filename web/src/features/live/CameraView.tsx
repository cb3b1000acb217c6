/** One camera's picture with what is read of it, painted past React: no component renders per frame. */
import { useEffect, useRef } from "react";
import type { FrameReading } from "@/shared/api/types";
import { fit, paintFaces, prepare, type Shown } from "@/shared/face/overlay";
import { useLive } from "@/shared/live/useLive";

interface CameraViewProps {
  camera: string;
  previewsPerS: number;
  shown: Shown;
  label: string;
  onReading?: (reading: FrameReading) => void;
}

const STALE_MS = 3000;

export function CameraView({ camera, previewsPerS, shown, label, onReading }: CameraViewProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const scene = useRef<{ picture: ImageBitmap | null; reading: FrameReading | null; at: number; shown: Shown; due: number }>({
    picture: null,
    reading: null,
    at: 0,
    shown,
    due: 0,
  });
  scene.current.shown = shown;
  const repaint = () => {
    const now = scene.current;
    if (!now.due)
      now.due = requestAnimationFrame(() => {
        now.due = 0;
        if (canvas.current) paint(canvas.current, now);
      });
  };
  useLive({
    cameras: [camera],
    previewsPerS,
    onReading: (reading) => {
      Object.assign(scene.current, { reading, at: performance.now() });
      repaint();
      onReading?.(reading);
    },
    onPreview: (_, picture) => {
      scene.current.picture?.close();
      scene.current.picture = picture;
      repaint();
    },
  });
  useEffect(repaint, [shown]);
  useEffect(() => {
    const watcher = new ResizeObserver(repaint);
    if (canvas.current) watcher.observe(canvas.current);
    return () => watcher.disconnect();
  }, []);
  return <canvas ref={canvas} className="view" role="img" aria-label={label} />;
}

function paint(canvas: HTMLCanvasElement, { picture, reading, at, shown }: { picture: ImageBitmap | null; reading: FrameReading | null; at: number; shown: Shown }): void {
  const pen = canvas.getContext("2d");
  if (!pen) return;
  const { w, h } = prepare(canvas, pen);
  pen.clearRect(0, 0, w, h);
  const size = reading ?? picture;
  if (!size) return;
  const place = fit(size.width, size.height, w, h);
  if (picture) pen.drawImage(picture, place.x, place.y, size.width * place.scale, size.height * place.scale);
  if (!reading || performance.now() - at > STALE_MS) return;
  paintFaces(pen, reading.faces, { ...place, width: reading.width, height: reading.height }, shown, getComputedStyle(canvas));
}
