/** A picture with the faces that were found on it. */
import { useEffect, useRef } from "react";
import type { AnalyzedPicture } from "@/shared/api/types";
import { EVERYTHING, fit, paintFaces, prepare } from "@/shared/face/overlay";
import { count } from "@/shared/ui/words";

export function Picture({ file, found }: { file: File; found: AnalyzedPicture }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    let isGone = false;
    let picture: ImageBitmap | null = null;
    const paint = () => {
      const sheet = canvas.current;
      const pen = sheet?.getContext("2d");
      if (!sheet || !pen || !picture) return;
      const { w, h } = prepare(sheet, pen);
      const [width, height] = [found.width || picture.width, found.height || picture.height];
      const place = fit(width, height, w, h);
      pen.drawImage(picture, place.x, place.y, width * place.scale, height * place.scale);
      paintFaces(pen, found.faces, { ...place, width, height, isStill: true }, { ...EVERYTHING, bars: found.faces.length < 6 }, getComputedStyle(sheet));
    };
    createImageBitmap(file).then(
      (read) => {
        picture = read;
        if (!isGone) paint();
      },
      () => {},
    );
    const watcher = new ResizeObserver(paint);
    if (canvas.current) watcher.observe(canvas.current);
    return () => {
      isGone = true;
      watcher.disconnect();
      picture?.close();
    };
  }, [file, found]);
  const aspectRatio = `${found.width} / ${found.height}`;
  return <canvas ref={canvas} className="analyzed-picture" style={{ aspectRatio }} role="img" aria-label={`${found.name}: ${count(found.faces.length, "face")}`} />;
}
