/** What somebody is asked to consent to, in the words of the interface, and the choice of it. */
import type { ConsentAsked, Scope } from "@/shared/api/types";
import { CheckBox } from "@/shared/ui/controls";

export const CONSENT_VERSION = "mien-app-1";
export const SCOPES: readonly { id: Scope; label: string; meaning: string }[] = [
  { id: "identify", label: "Recognise me", meaning: "Numbers that are computed from pictures of the face are kept, to know the person again." },
  { id: "expression", label: "Read my apparent expression", meaning: "Which expression the face appears to show is read and kept over time. It is no statement about feelings." },
  { id: "keep", label: "Keep pictures", meaning: "Small pictures of the face are kept, so that people can see who is who." },
];

/** What is told of consent: nothing where all of it is declared, for whoever is logged in answers for that. */
export function consentAsked(scopes: readonly Scope[], evidence: string): ConsentAsked | null {
  const proof = evidence.trim();
  if (!proof && scopes.length === SCOPES.length) return null;
  return { scopes: [...scopes], version: CONSENT_VERSION, evidence: proof || "declared in the app" };
}

export function ConsentChoice({ chosen, onChange }: { chosen: readonly Scope[]; onChange: (scopes: Scope[]) => void }) {
  return (
    <div className="stack" role="group" aria-label="Consent">
      {SCOPES.map((one) => (
        <div key={one.id}>
          <CheckBox isOn={chosen.includes(one.id)} onChange={(is) => onChange(is ? [...chosen, one.id] : chosen.filter((other) => other !== one.id))}>
            <strong>{one.label}</strong>
          </CheckBox>
          <p className="muted small">{one.meaning}</p>
        </div>
      ))}
    </div>
  );
}
