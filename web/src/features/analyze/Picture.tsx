/** A picture with the faces that were found on it; in memory, no larger than it is shown, while it is in view. */
import { useEffect, useRef } from "react";
import type { AnalyzedPicture } from "@/shared/api/types";
import { EVERYTHING, fit, paintFaces, prepare } from "@/shared/face/overlay";
import { count } from "@/shared/ui/words";

const NEARLY_IN_VIEW = "50%";

export function Picture({ file, found }: { file: File; found: AnalyzedPicture }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => (canvas.current ? keepPainted(canvas.current, file, found) : undefined), [file, found]);
  const aspectRatio = `${found.width} / ${found.height}`;
  return <canvas ref={canvas} className="analyzed-picture" style={{ aspectRatio }} role="img" aria-label={`${found.name}: ${count(found.faces.length, "face")}`} />;
}

/** Paint it whenever it comes into view or changes its size, until the answer is called. */
function keepPainted(sheet: HTMLCanvasElement, file: File, found: AnalyzedPicture): () => void {
  let picture: ImageBitmap | null = null;
  let run = 0;
  let isInView = false;
  const show = async () => {
    const mine = ++run;
    const wide = Math.max(1, Math.min(found.width, Math.ceil(found.width * fit(found.width, found.height, sheet.clientWidth, sheet.clientHeight).scale * devicePixelRatio)));
    if (!picture || picture.width < wide) {
      const read = await createImageBitmap(file, { resizeWidth: wide, resizeQuality: "medium" }).catch(() => null);
      if (mine !== run) return read?.close();
      if (!read) return;
      picture?.close();
      picture = read;
    }
    paint(sheet, picture, found);
  };
  const putAway = () => {
    run += 1;
    picture?.close();
    picture = null;
    sheet.width = sheet.height = 0; // what is painted takes memory as well
  };
  const viewer = new IntersectionObserver(
    (seen) => {
      isInView = !!seen.at(-1)?.isIntersecting;
      if (isInView) void show();
      else putAway();
    },
    { rootMargin: NEARLY_IN_VIEW },
  );
  const sizer = new ResizeObserver(() => {
    if (isInView) void show();
  });
  viewer.observe(sheet);
  sizer.observe(sheet);
  return () => {
    viewer.disconnect();
    sizer.disconnect();
    putAway();
  };
}

function paint(sheet: HTMLCanvasElement, picture: ImageBitmap, { width, height, faces }: AnalyzedPicture): void {
  const pen = sheet.getContext("2d");
  if (!pen) return;
  const { w, h } = prepare(sheet, pen);
  const place = fit(width, height, w, h);
  pen.clearRect(0, 0, w, h);
  pen.drawImage(picture, place.x, place.y, width * place.scale, height * place.scale);
  paintFaces(pen, faces, { ...place, width, height, isStill: true }, { ...EVERYTHING, bars: faces.length < 6 }, getComputedStyle(sheet));
}
