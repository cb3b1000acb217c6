/** What somebody is asked to consent to, in the words of the interface, and the choice of it. */
import type { ConsentAsked, Scope } from "@/shared/api/types";
import { CheckBox } from "@/shared/ui/controls";

export const CONSENT_VERSION = "mien-app-1";
/** What each is called to whoever asks for it, and to the person whose own it is. */
export const SCOPES: readonly { id: Scope; label: string; own: string; meaning: string }[] = [
  { id: "identify", label: "Recognise them", own: "Recognise me", meaning: "Numbers that are computed from pictures of the face are kept, to know the person again." },
  { id: "expression", label: "Read their apparent expression", own: "Read my apparent expression", meaning: "Which expression the face appears to show is read and kept over time. It is no statement about feelings." },
  { id: "keep", label: "Keep pictures", own: "Keep pictures", meaning: "Small pictures of the face are kept, so that people can see who is who." },
];

/** What is told of consent: nothing where all of it is declared, for whoever is logged in answers for that. */
export function consentAsked(scopes: readonly Scope[], evidence: string): ConsentAsked | null {
  const proof = evidence.trim();
  if (!proof && scopes.length === SCOPES.length) return null;
  return { scopes: [...scopes], version: CONSENT_VERSION, evidence: proof || "declared in the app" };
}

/** Consent that somebody has before them as it is recorded. */
export const recorded = (scopes: readonly Scope[]): ConsentAsked => ({ scopes: [...scopes], version: CONSENT_VERSION, evidence: "recorded in the app" });

/** Whether it is enough for somebody to be enrolled. */
export const isEnough = (scopes: readonly Scope[]): boolean => scopes.includes("identify");

export function ConsentChoice({ chosen, onChange, isOwn }: { chosen: readonly Scope[]; onChange: (scopes: Scope[]) => void; isOwn?: boolean }) {
  return (
    <div className="stack" role="group" aria-label="Consent">
      {SCOPES.map((one) => (
        <div key={one.id}>
          <CheckBox isOn={chosen.includes(one.id)} onChange={(is) => onChange(is ? [...chosen, one.id] : chosen.filter((other) => other !== one.id))}>
            <strong>{isOwn ? one.own : one.label}</strong>
          </CheckBox>
          <p className="muted small">{one.meaning}</p>
        </div>
      ))}
      {!isEnough(chosen) && <p className={chosen.length ? "fault" : "muted small"}>Without being recognised nobody can {isOwn ? "sign up" : "be enrolled"}.</p>}
    </div>
  );
}
