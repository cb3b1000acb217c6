/** Apparent expressions: their colours, and what is said of a face. */
import type { FaceReading } from "@/shared/api/types";

const LABELS = new Set(["neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt"]);
const OTHERS = ["sadness", "happiness", "surprise", "disgust", "fear", "contempt"];

/** The custom property that holds the colour of a label; labels of other models get one of the others' in turn. */
export function colourOf(label: string): string {
  if (LABELS.has(label)) return `var(--${label})`;
  const sum = [...label].reduce((total, sign) => total + sign.charCodeAt(0), 0);
  return `var(--${OTHERS[sum % OTHERS.length]})`;
}

/** A colour as canvas takes it. */
export function paintOf(label: string, styles: CSSStyleDeclaration): string {
  return styles.getPropertyValue(colourOf(label).slice(4, -1)).trim() || "#888";
}

/** Who a face is, in a word or two: the name, the id of a stranger, or that nobody wants to know, or that it is not decided. */
export function whoIs(face: FaceReading): string {
  if (face.is_ignored) return "ignored";
  if (face.identity === "known") return face.person_name || face.person_id;
  if (face.identity === "unknown") return face.person_id || "unknown";
  return "looking…";
}

/** The same of a picture, of which nothing more will be seen. */
export function whoIsOnPicture(face: FaceReading): string {
  return face.identity === "undecided" ? "too unclear to say" : whoIs(face);
}

/** Which expression a face appears to show; "" where none is read, "unsure" where none is likely enough. */
export function appearsTo(face: FaceReading): string {
  return face.emotion_smoothed || face.emotion || (face.probabilities.length ? "unsure" : "");
}

/** Labels with their probabilities, the likeliest first. */
export function ranked(labels: readonly string[], probabilities: readonly number[]): { label: string; share: number }[] {
  return labels.map((label, at) => ({ label, share: probabilities[at] ?? 0 })).sort((a, b) => b.share - a.share);
}
