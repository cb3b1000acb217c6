/** What became of the pictures, and what to do next. */
import { Link } from "@tanstack/react-router";
import type { Enrolled } from "@/shared/api/types";
import { Button } from "@/shared/ui/controls";
import { Badge } from "@/shared/ui/page";
import { count } from "@/shared/ui/words";

const TONES = { accepted: "good", skipped: "", refused: "warning" } as const;

export function Result({ enrolled, name, onMore, onNext }: { enrolled: Enrolled; name: string; onMore: () => void; onNext: () => void }) {
  const others = enrolled.pictures.filter((one) => one.outcome !== "accepted" || one.reason);
  const isIn = enrolled.person_id !== null;
  return (
    <div className="stack" role="status">
      <h2>{isIn ? `${name} is enrolled` : `${name} is not enrolled: no picture was good enough`}</h2>
      <p>
        {count(enrolled.accepted, "picture")} taken in
        {enrolled.skipped > 0 && `, ${enrolled.skipped} there already`}
        {enrolled.refused > 0 && `, ${enrolled.refused} refused`}.{isIn && " From now on every camera knows them."}
      </p>
      {others.length > 0 && (
        <ul className="stack">
          {others.map((one, at) => (
            <li key={at} className="row">
              <Badge tone={TONES[one.outcome]}>{one.outcome}</Badge> <span className="mono">{one.picture}</span> <span className="muted">{one.reason}</span>
            </li>
          ))}
        </ul>
      )}
      <div className="row">
        {enrolled.person_id && (
          <Link to="/people/$personId" params={{ personId: enrolled.person_id }} className="button main">
            Open {name}
          </Link>
        )}
        <Button onPress={onMore}>More pictures</Button>
        <Button onPress={onNext}>Enrol somebody else</Button>
      </div>
    </div>
  );
}
