/** One camera's picture with what is read of it, painted past React: no component renders per frame. */
import { useEffect, useRef } from "react";
import type { FrameReading } from "@/shared/api/types";
import { fit, paintFaces, paintRate, prepare, type Shown } from "@/shared/face/overlay";
import { useLive } from "@/shared/live/useLive";
import { STALE_MS } from "./cameras";

interface CameraViewProps {
  camera: string;
  isOnline: boolean;
  fps: number;
  previewsPerS: number;
  shown: Shown;
  label: string;
  onReading?: (reading: FrameReading) => void;
}

export function CameraView({ camera, isOnline, fps, previewsPerS, shown, label, onReading }: CameraViewProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const scene = useRef<Scene>({ picture: null, reading: null, shown, fps, due: 0, expiry: 0 });
  Object.assign(scene.current, { shown, fps });
  const repaint = () => {
    const now = scene.current;
    if (!now.due)
      now.due = requestAnimationFrame(() => {
        now.due = 0;
        if (canvas.current) paint(canvas.current, now);
      });
  };
  const forget = () => {
    scene.current.reading = null;
    repaint();
  };
  useLive({
    cameras: [camera],
    previewsPerS,
    onReading: (reading) => {
      clearTimeout(scene.current.expiry);
      Object.assign(scene.current, { reading, expiry: window.setTimeout(forget, STALE_MS) });
      repaint();
      onReading?.(reading);
    },
    onPreview: (_, picture) => {
      scene.current.picture?.close();
      scene.current.picture = picture;
      repaint();
    },
  });
  useEffect(repaint, [shown, fps]);
  useEffect(() => {
    if (!isOnline) forget();
  }, [isOnline]);
  useEffect(() => {
    const { current } = scene;
    return () => {
      clearTimeout(current.expiry);
      cancelAnimationFrame(current.due);
      current.picture?.close();
      Object.assign(current, { picture: null, due: 0 });
    };
  }, []);
  useEffect(() => {
    const watcher = new ResizeObserver(repaint);
    if (canvas.current) watcher.observe(canvas.current);
    return () => watcher.disconnect();
  }, []);
  return <canvas ref={canvas} className="view" role="img" aria-label={label} />;
}

interface Scene {
  picture: ImageBitmap | null;
  reading: FrameReading | null;
  shown: Shown;
  fps: number;
  due: number;
  expiry: number;
}

function paint(canvas: HTMLCanvasElement, { picture, reading, shown, fps }: Scene): void {
  const pen = canvas.getContext("2d");
  if (!pen) return;
  const { w, h } = prepare(canvas, pen);
  pen.clearRect(0, 0, w, h);
  const size = reading ?? picture;
  if (!size) return;
  const place = fit(size.width, size.height, w, h);
  if (picture) pen.drawImage(picture, place.x, place.y, size.width * place.scale, size.height * place.scale);
  if (!reading) return;
  const whole = { ...place, width: reading.width, height: reading.height };
  paintFaces(pen, reading.faces, whole, shown, getComputedStyle(canvas));
  if (shown.fps) paintRate(pen, fps, whole);
}
