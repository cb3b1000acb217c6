/** Cameras as their settings tell of them. */
import type { Setting } from "@/shared/api/types";

export interface CameraTold {
  name: string;
  source: string;
  isEnabled: boolean;
  every: number;
  fps: number;
  /** What is said for it alone. */
  own: Setting[];
  state: "watched" | "off" | "added" | "changed" | "removed";
  fixed: string;
}

const OF_A_CAMERA = 3;

/** All cameras, those that are gone after the restart too. */
export function camerasOf(items: readonly Setting[]): CameraTold[] {
  const names = [...new Set(items.filter((one) => one.place[0] === "cameras").map((one) => one.place[1] ?? ""))];
  return names.map((name) => {
    const all = items.filter((one) => one.place[0] === "cameras" && one.place[1] === name);
    const at = (key: string) => all.find((one) => one.place.length === OF_A_CAMERA && one.place[2] === key);
    const source = at("source");
    const isRemoved = source?.value === null;
    const isEnabled = at("enabled")?.value === true;
    return {
      name,
      source: String((isRemoved ? source.in_force : source?.value) ?? ""),
      isEnabled,
      every: Number(at("every")?.value ?? 0),
      fps: Number(at("fps")?.value ?? 0),
      own: all.filter((one) => one.place.length > OF_A_CAMERA && one.source !== "default"),
      state: isRemoved ? "removed" : source?.in_force === null ? "added" : all.some((one) => one.is_pending) ? "changed" : isEnabled ? "watched" : "off",
      fixed: source?.fixed ?? "",
    };
  });
}
