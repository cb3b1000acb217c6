/** One stranger: pictures, visits, and whom they look like. */
import { Link } from "@tanstack/react-router";
import { CheckBox } from "@/shared/ui/controls";
import { FacePicture } from "@/shared/ui/page";
import { ago, count } from "@/shared/ui/words";
import type { Resembled } from "@/shared/api/types";
import type { Seen } from "@/shared/people/change";
import { called } from "@/shared/people/PersonPicker";
import type { Waiting } from "./alike";

interface CardProps {
  stranger: Waiting;
  isAt: boolean;
  isChosen: boolean;
  onFocus: () => void;
  onSelect: () => void;
  onAssign: (person: Seen) => void;
}

export function StrangerCard({ stranger, isAt, isChosen, onFocus, onSelect, onAssign }: CardProps) {
  const { person_id: id, pictures } = stranger;
  const suggestions = [...stranger.people.slice(0, 2), ...stranger.strangers.slice(0, 1)].slice(0, 2);
  const look = ["stranger", isAt && "at", isChosen && "chosen"].filter(Boolean).join(" ");
  return (
    <li className={look}>
      <div className="row apart">
        <CheckBox isOn={isChosen} onChange={onSelect} hint={`Select ${id}`} />
        <span className="muted small">{stranger.visits ? `${count(stranger.visits, "visit")}, last` : "met"} {ago(stranger.last_seen_at)}</span>
      </div>
      <Link to="/people/$personId" params={{ personId: id }} className="stranger-faces" data-card onFocus={onFocus} aria-label={`Open ${id}`}>
        {(pictures.length ? pictures.slice(0, 4) : [null]).map((one) => (
          <FacePicture key={one} id={one} label="" />
        ))}
      </Link>
      <span className="mono">{id}</span>
      {suggestions.length ? (
        <ul className="suggestions">
          {suggestions.map((one) => (
            <li key={one.person_id}>
              <Suggested one={one} isVery={one.isVery} onAssign={onAssign} onFocus={onFocus} />
            </li>
          ))}
        </ul>
      ) : (
        <p className="muted small">Resembles nobody who is known.</p>
      )}
    </li>
  );
}

/** Whom somebody or something looks like: pressed, that is who it is. */
export function Suggested({ one, isVery, onAssign, onFocus }: { one: Resembled; isVery: boolean; onAssign: (person: Seen) => void; onFocus: () => void }) {
  return (
    <button type="button" className="suggestion" onClick={() => onAssign(one)} onFocus={onFocus}>
      <FacePicture id={one.best_picture} label="" isLittle />
      <span>
        {called(one)}?<span className="muted small">{isVery ? "very alike" : "somewhat alike"}</span>
      </span>
    </button>
  );
}
