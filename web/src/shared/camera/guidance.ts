/** Which pose is asked for next, and whether a look is worth a snapshot; the service judges the pictures once more. */
import type { FaceReading } from "@/shared/api/types";

export type Pose = "straight" | "left" | "right" | "up" | "free";

export const ASKS: Record<Pose, string> = {
  straight: "Look straight into the camera",
  left: "Turn your head a little to your left",
  right: "Turn your head a little to your right",
  up: "Raise your chin a little",
  free: "Move your head a little, any way you like",
};

export const SNAPSHOTS = 10;
const POSES: readonly Pose[] = ["straight", "left", "right", "up"];
const STRAIGHT = 10;
const TURNED = 12;
const RAISED = 5;
const PATIENCE_MS = 8000;
const APART_MS = 700;

/** What the guide knows: the poses that were taken, since when one is asked for, and where the head was at first. */
export interface Progress {
  taken: readonly Pose[];
  askedAt: number | null;
  lastAt: number;
  level: number;
}

export const BEGIN: Progress = { taken: [], askedAt: null, lastAt: -Infinity, level: 0 };

export function poseAsked(progress: Progress): Pose {
  return POSES[progress.taken.length] ?? "free";
}

export interface Advice {
  progress: Progress;
  takes: boolean;
  remedy: string;
}

/** Judge one look at a moment (ms): take it, or say what to do about it. */
export function consider(progress: Progress, faces: readonly FaceReading[], now: number): Advice {
  const face = faces[0];
  if (!face) return { progress, takes: false, remedy: "Come into view" };
  if (faces.length > 1) return { progress, takes: false, remedy: "Stay alone before the camera" };
  if (face.quality_reason) return { progress, takes: false, remedy: remedyFor(face.quality_reason) };
  const askedAt = progress.askedAt ?? now;
  const waiting = { ...progress, askedAt };
  const turn = turnOf(face);
  const lacks = turn && now - askedAt < PATIENCE_MS ? lacking(poseAsked(progress), turn, progress.level) : "";
  if (lacks) return { progress: waiting, takes: false, remedy: lacks };
  if (now - progress.lastAt < APART_MS) return { progress: waiting, takes: false, remedy: "" };
  const level = progress.taken.length === 0 && turn ? turn.up : progress.level;
  return { progress: { taken: [...progress.taken, poseAsked(progress)], askedAt: null, lastAt: now, level }, takes: true, remedy: "" };
}

/** Degrees to the person's own left and upwards: the picture is not mirrored, so that is the right of the image. */
export function turnOf(face: FaceReading): { left: number; up: number } | null {
  const [yaw, pitch] = face.pose;
  return yaw === undefined || pitch === undefined ? null : { left: yaw, up: pitch };
}

function lacking(pose: Pose, { left, up }: { left: number; up: number }, level: number): string {
  if (pose === "straight" && Math.abs(left) > STRAIGHT) return `Turn a little to your ${left > 0 ? "right" : "left"}`;
  if (pose === "left" && left < TURNED) return "Further to your left";
  if (pose === "right" && left > -TURNED) return "Further to your right";
  if (pose === "up" && up < level + RAISED) return "A little higher";
  return "";
}

const REMEDIES: readonly (readonly [said: string, remedy: string])[] = [
  ["small", "Come closer"],
  ["blur", "Hold still"],
  ["dark", "Turn towards the light"],
  ["bright", "Turn away from the light"],
  ["turned", "Turn back a little"],
  ["cut off", "Move to the middle"],
  ["uncertain", "Cover nothing of your face"],
];

export function remedyFor(reason: string): string {
  return REMEDIES.find(([said]) => reason.includes(said))?.[1] ?? `Not good enough yet: ${reason}`;
}
