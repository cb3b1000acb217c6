/** Paints what is read of faces over their picture. */
import type { FaceReading } from "@/shared/api/types";
import { appearsTo, paintOf, ranked, whoIs, whoIsOnPicture } from "./expressions";

export interface Shown {
  boxes: boolean;
  names: boolean;
  bars: boolean;
  plane: boolean;
  fps: boolean;
}

export const EVERYTHING: Shown = { boxes: true, names: true, bars: true, plane: false, fps: true };
const IDENTITY = { known: "#4fe0c8", unknown: "#ffc64d", undecided: "#e3e6e5" } as const;
const CROWDED_PX = 430;
const GROUND = "rgb(10 14 13 / 78%)";

/** Where a picture of w × h lies on a canvas, whole and in the middle. */
export function fit(w: number, h: number, canvasW: number, canvasH: number): { x: number; y: number; scale: number } {
  const scale = Math.min(canvasW / w, canvasH / h);
  return { x: (canvasW - w * scale) / 2, y: (canvasH - h * scale) / 2, scale };
}

export interface Place {
  x: number;
  y: number;
  scale: number;
  width: number;
  height: number;
  isMirrored?: boolean;
  isStill?: boolean;
}

/** Paint all faces; boxes are in the pixels of the picture that lies at ``place``. */
export function paintFaces(pen: CanvasRenderingContext2D, faces: readonly FaceReading[], place: Place, shown: Shown, styles: CSSStyleDeclaration): void {
  const labels: Box[] = [];
  const isCrowded = faces.length > 2 && place.width * place.scale < CROWDED_PX;
  const bars = shown.bars && !isCrowded;
  for (const face of faces) paintFace(pen, face, place, { ...shown, bars }, styles, labels);
}

/** Write into the lower right corner of a picture how many of its frames are read a second. */
export function paintRate(pen: CanvasRenderingContext2D, fps: number, { x, y, scale, width, height }: Place): void {
  const said = `${fps.toFixed(1)} fps`;
  pen.font = "12px system-ui, sans-serif";
  pen.textBaseline = "middle";
  const wide = pen.measureText(said).width + 14;
  const left = x + width * scale - wide - 4;
  const top = y + height * scale - 24;
  pen.fillStyle = GROUND;
  pen.beginPath();
  pen.roundRect(left, top, wide, 20, 5);
  pen.fill();
  pen.fillStyle = "#fff";
  pen.fillText(said, left + 7, top + 10.5);
}

/** Where a label goes: as near to its place as it can without covering another one. */
export function clear(wanted: Box, others: readonly Box[]): Box {
  const covers = (y: number) => others.some((one) => wanted.x < one.x + one.w && one.x < wanted.x + wanted.w && y < one.y + one.h && one.y < y + wanted.h);
  for (let away = 0; away < 8; away++) {
    const y = wanted.y - away * (wanted.h + 2);
    if (y >= 0 && !covers(y)) return { ...wanted, y };
  }
  return wanted;
}

function paintFace(pen: CanvasRenderingContext2D, face: FaceReading, place: Place, shown: Shown, styles: CSSStyleDeclaration, labels: Box[]): void {
  const [x1, y1, x2, y2] = face.box;
  const left = place.isMirrored ? place.width - x2 : x1;
  const box = { x: place.x + left * place.scale, y: place.y + y1 * place.scale, w: (x2 - x1) * place.scale, h: (y2 - y1) * place.scale };
  if (shown.boxes) paintBox(pen, box, face);
  if (face.is_ignored) return;
  if (shown.names) labels.push(paintName(pen, box, face, labels, place.isStill ? whoIsOnPicture(face) : whoIs(face)));
  const wide = Math.min(Math.max(box.w, 84), 150);
  if (shown.bars && face.probabilities.length) paintBars(pen, box, wide, face, styles);
  if (shown.plane && face.valence_arousal_source) paintPlane(pen, box, face);
}

export type Box = { x: number; y: number; w: number; h: number };

function paintBox(pen: CanvasRenderingContext2D, { x, y, w, h }: Box, face: FaceReading): void {
  for (const [width, colour] of [[4, "rgb(0 0 0 / 55%)"], [2, IDENTITY[face.is_ignored ? "undecided" : face.identity]]] as const) {
    pen.lineWidth = face.is_ignored ? width / 2 : width;
    pen.strokeStyle = colour;
    pen.setLineDash(face.detection_source === "carried" ? [7, 5] : []);
    pen.beginPath();
    pen.roundRect(x, y, w, h, 6);
    pen.stroke();
  }
  pen.setLineDash([]);
}

function paintName(pen: CanvasRenderingContext2D, { x, y }: Box, face: FaceReading, others: readonly Box[], who: string): Box {
  const name = `${who}${face.liveness === "spoof" ? "  ⚠ not live" : ""}`;
  const id = `#${face.track_id}`;
  pen.textBaseline = "middle";
  pen.font = "600 13px system-ui, sans-serif";
  const nameWide = pen.measureText(name).width;
  pen.font = "12px system-ui, sans-serif";
  const wide = nameWide + pen.measureText(id).width + 22;
  const canvas = pen.canvas.width / pen.getTransform().a;
  const at = Math.max(2, Math.min(x - 1, canvas - wide - 2));
  const label = clear({ x: at, y: Math.max(2, y - 25), w: wide, h: 22 }, others);
  const top = label.y;
  pen.fillStyle = GROUND;
  pen.beginPath();
  pen.roundRect(at, top, wide, 22, 5);
  pen.fill();
  pen.fillStyle = "#c9d1ce";
  pen.fillText(id, at + nameWide + 14, top + 11.5);
  pen.font = "600 13px system-ui, sans-serif";
  pen.fillStyle = IDENTITY[face.identity];
  pen.fillText(name, at + 8, top + 11.5);
  return label;
}

function paintBars(pen: CanvasRenderingContext2D, box: Box, wide: number, face: FaceReading, styles: CSSStyleDeclaration): void {
  const best = ranked(face.emotion_labels, face.probabilities).slice(0, 3);
  const high = best.length * 16 + 8;
  const canvas = pen.canvas.height / pen.getTransform().a;
  const top = Math.min(box.y + box.h + 4, canvas - high - 2);
  pen.fillStyle = GROUND;
  pen.beginPath();
  pen.roundRect(box.x, top, wide, high, 5);
  pen.fill();
  pen.font = "11px system-ui, sans-serif";
  pen.textBaseline = "middle";
  const said = appearsTo(face);
  best.forEach(({ label, share }, row) => {
    const y = top + 12 + row * 16;
    pen.fillStyle = paintOf(label, styles);
    pen.globalAlpha = 0.75;
    pen.fillRect(box.x + 4, y - 6, (wide - 8) * share, 13);
    pen.globalAlpha = 1;
    pen.fillStyle = "#fff";
    pen.font = `${label === said ? "700" : "400"} 11px system-ui, sans-serif`;
    pen.fillText(label, box.x + 8, y + 0.5);
  });
}

function paintPlane(pen: CanvasRenderingContext2D, box: Box, face: FaceReading): void {
  const size = Math.min(56, Math.max(40, box.w * 0.4));
  const canvas = pen.canvas.width / pen.getTransform().a;
  const x = Math.min(box.x + box.w + 5, canvas - size - 3);
  pen.fillStyle = GROUND;
  pen.beginPath();
  pen.roundRect(x, box.y, size, size, 5);
  pen.fill();
  pen.strokeStyle = "rgb(255 255 255 / 45%)";
  pen.lineWidth = 1;
  pen.beginPath();
  pen.moveTo(x + size / 2, box.y + 3);
  pen.lineTo(x + size / 2, box.y + size - 3);
  pen.moveTo(x + 3, box.y + size / 2);
  pen.lineTo(x + size - 3, box.y + size / 2);
  pen.stroke();
  pen.fillStyle = IDENTITY[face.identity];
  pen.beginPath();
  pen.arc(x + (size / 2) * (1 + face.valence * 0.9), box.y + (size / 2) * (1 - face.arousal * 0.9), 4, 0, 2 * Math.PI);
  pen.fill();
}

/** Size a canvas to its place on the page, in device pixels; answers its size in CSS pixels. */
export function prepare(canvas: HTMLCanvasElement, pen: CanvasRenderingContext2D): { w: number; h: number } {
  const { clientWidth: w, clientHeight: h } = canvas;
  const ratio = window.devicePixelRatio || 1;
  if (canvas.width !== Math.round(w * ratio) || canvas.height !== Math.round(h * ratio)) {
    canvas.width = Math.round(w * ratio);
    canvas.height = Math.round(h * ratio);
  }
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  return { w, h };
}
