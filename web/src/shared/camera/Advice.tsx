/** What to do before the camera, to be seen at once, and to be heard without a word for every frame. */
import { useEffect, useState } from "react";

const SETTLES_MS = 1500;

/** What is asked for is said as it changes; a remedy once it has stood for a while; a countdown is only shown. */
export function Advice({ ask, remedy, leftS = null }: { ask: string; remedy: string; leftS?: number | null }) {
  const said = useSettled(remedy);
  return (
    <div className="over">
      <strong aria-live="polite">{ask}</strong>
      <span>
        <span aria-hidden>{remedy}</span>
        {leftS !== null && leftS > 0 && ` ${Math.ceil(leftS)} s`}
      </span>
      <span className="unseen" aria-live="polite">
        {said}
      </span>
    </div>
  );
}

function useSettled(text: string): string {
  const [settled, setSettled] = useState("");
  useEffect(() => {
    const due = setTimeout(() => setSettled(text), SETTLES_MS);
    return () => clearTimeout(due);
  }, [text]);
  return settled;
}
