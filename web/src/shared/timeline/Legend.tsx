/** What the colours of a timeline stand for. */
import { colourOf } from "@/shared/face/expressions";
import { LABELS } from "./shares";
import "./timeline.css";

export function Legend({ labels = LABELS }: { labels?: readonly string[] }) {
  return (
    <ul className="legend small" aria-label="Colours">
      {labels.map((one) => (
        <li key={one}>
          <span className="swatch" style={{ background: colourOf(one) }} aria-hidden /> {one}
        </li>
      ))}
      <li>
        <span className="swatch plain" aria-hidden /> unsure
      </li>
      <li>
        <span className="swatch hatched" aria-hidden /> insufficient evidence
      </li>
    </ul>
  );
}
