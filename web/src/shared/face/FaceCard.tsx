/** What is read of one face, as text and bars: also for those who do not see the picture. */
import { Link } from "@tanstack/react-router";
import type { FaceReading } from "@/shared/api/types";
import { Badge } from "@/shared/ui/page";
import { percent } from "@/shared/ui/words";
import { appearsTo, colourOf, ranked, whoIs, whoIsOnPicture } from "./expressions";
import "./face.css";

const TONES = { known: "accent", unknown: "warning", undecided: "" } as const;

export function FaceCard({ face, showsAll, isStill }: { face: FaceReading; showsAll?: boolean; isStill?: boolean }) {
  const who = isStill ? whoIsOnPicture(face) : whoIs(face);
  const said = appearsTo(face);
  if (face.is_ignored) return <Ignored personId={face.person_id} />;
  return (
    <article className="face-card" aria-label={who}>
      <div className="row apart">
        <h3>{face.person_id ? <Link to="/people/$personId" params={{ personId: face.person_id }}>{who}</Link> : who}</h3>
        <span className="row">
          {face.liveness === "spoof" && <Badge tone="danger">not live?</Badge>}
          <Badge tone={TONES[face.identity]}>{face.identity}</Badge>
        </span>
      </div>
      <p className="muted small number">
        #{face.track_id}
        {face.identity === "known" && ` · similarity ${face.similarity.toFixed(2)}`} · quality {percent(face.quality)}
        {face.quality_reason && ` (${face.quality_reason})`}
      </p>
      {face.probabilities.length > 0 ? (
        <div className="face-reading">
          <div>
            <p className="small">
              Apparent expression: <strong>{said === "unsure" ? "not sure enough to say" : said}</strong>
              {face.emotion && face.emotion !== said && `, in this frame ${face.emotion}`}
            </p>
            <ExpressionBars labels={face.emotion_labels} probabilities={face.probabilities} most={showsAll ? 8 : 4} />
          </div>
          {face.valence_arousal_source && <Plane valence={face.valence} arousal={face.arousal} />}
        </div>
      ) : (
        <p className="muted small">Nothing is read of an expression.</p>
      )}
    </article>
  );
}

export function ExpressionBars({ labels, probabilities, most = 8 }: { labels: readonly string[]; probabilities: readonly number[]; most?: number }) {
  return (
    <ul className="bars">
      {ranked(labels, probabilities)
        .slice(0, most)
        .map(({ label, share }) => (
          <li key={label}>
            <span>{label}</span>
            <span className="bar" aria-hidden>
              <span style={{ width: `${share * 100}%`, background: colourOf(label) }} />
            </span>
            <span className="number muted">{percent(share)}</span>
          </li>
        ))}
    </ul>
  );
}

export function Plane({ valence, arousal }: { valence: number; arousal: number }) {
  const told = `Valence ${valence.toFixed(2)}, arousal ${arousal.toFixed(2)}`;
  return (
    <svg className="plane" viewBox="-1.1 -1.1 2.2 2.2" role="img" aria-label={told}>
      <title>{told}</title>
      <circle r="0.25" className="middle" />
      <path d="M-1 0H1M0 -1V1" />
      <circle cx={valence} cy={-arousal} r="0.11" className="dot" />
    </svg>
  );
}

function Ignored({ personId }: { personId: string }) {
  return (
    <p className="muted small">
      Somebody whom nobody wants to hear of: <Link to="/people/$personId" params={{ personId }}>ignored</Link>
    </p>
  );
}
