/** What is painted over the picture of a camera; this browser keeps the choice. */
import { useState } from "react";
import { EVERYTHING, type Shown } from "@/shared/face/overlay";
import { Toggle } from "@/shared/ui/controls";

const KEY = "mien.overlay";
const NAMES: [keyof Shown, string][] = [
  ["boxes", "Boxes"],
  ["names", "Names"],
  ["bars", "Expressions"],
  ["plane", "Valence and arousal"],
  ["fps", "Frames a second"],
];

export function useShown(): [Shown, (shown: Shown) => void] {
  const [shown, setShown] = useState<Shown>(() => {
    try {
      return { ...EVERYTHING, ...(JSON.parse(localStorage.getItem(KEY) ?? "{}") as Partial<Shown>) };
    } catch {
      return EVERYTHING;
    }
  });
  return [
    shown,
    (next) => {
      setShown(next);
      localStorage.setItem(KEY, JSON.stringify(next));
    },
  ];
}

export function Toggles({ shown, onChange }: { shown: Shown; onChange: (shown: Shown) => void }) {
  return (
    <div className="row" role="group" aria-label="Shown over the picture">
      {NAMES.map(([key, label]) => (
        <Toggle key={key} isOn={shown[key]} onChange={(is) => onChange({ ...shown, [key]: is })}>
          {label}
        </Toggle>
      ))}
    </div>
  );
}
