/** What somebody is asked to consent to, in the words of the interface: the text, the choice, and what proves it. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { termsQuery } from "@/shared/api/signup";
import type { ConsentAsked, Scope } from "@/shared/api/types";
import { CheckBox, Field } from "@/shared/ui/controls";
import "./consent.css";

/** What each is called to whoever asks for it, and to the person whose own it is. */
export const SCOPES: readonly { id: Scope; label: string; own: string; meaning: string }[] = [
  { id: "identify", label: "Recognise them", own: "Recognise me", meaning: "Numbers that are computed from pictures of the face are kept, to know the person again." },
  { id: "expression", label: "Read their apparent expression", own: "Read my apparent expression", meaning: "Which expression the face appears to show is read and kept over time. It is no statement about feelings." },
  { id: "keep", label: "Keep pictures", own: "Keep pictures", meaning: "Small pictures of the face are kept, so that people can see who is who." },
];

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

interface Told {
  scopes: Scope[];
  evidence: string;
  until: string;
  version: string;
}

/** What is told of somebody's consent while it is typed, and `asked`, as it is sent. */
export interface Consent extends Told {
  text: string;
  isByText: boolean; // of this system
  setByText: (is: boolean) => void;
  asked: ConsentAsked;
  change: (news: Partial<Told>) => void;
}

interface Asking {
  scopes?: readonly Scope[];
  isReadOut?: boolean;
}

/** Nothing is taken for granted; the text is that of this system where it `isReadOut`, or somebody says that it was. */
export function useConsent({ scopes = [], isReadOut }: Asking = {}): Consent {
  const terms = useQuery(termsQuery).data;
  const own = terms?.consent_version ?? "";
  const [typed, setTyped] = useState<Partial<Told>>({});
  const told = { scopes: [...scopes], evidence: "", until: "", version: isReadOut ? own : "", ...typed };
  const until = told.until && new Date(`${told.until}T23:59:59`).toISOString();
  return {
    ...told,
    text: terms?.consent_text ?? "",
    isByText: !!own && told.version.trim() === own,
    setByText: (is) => setTyped((before) => ({ ...before, version: is ? own : "" })),
    asked: { scopes: told.scopes, version: told.version.trim(), evidence: told.evidence.trim(), ...(until ? { expires_at: until } : {}) },
    change: (news) => setTyped((before) => ({ ...before, ...news })),
  };
}

export function ConsentForm({ of, placeholder, showsText }: { of: Consent; placeholder?: string; showsText?: boolean }) {
  return (
    <>
      {showsText && <ConsentText text={of.text} isOpen />}
      <ConsentChoice chosen={of.scopes} onChange={(scopes) => of.change({ scopes })} />
      <ConsentProof of={of} hint="Left empty, you answer for it." {...(placeholder ? { placeholder } : {})} />
      {!showsText && <ConsentText text={of.text} isOpen={of.isByText} />}
    </>
  );
}

interface ProofProps {
  of: Consent;
  hint?: string;
  placeholder?: string;
  autoFocus?: boolean;
}

export function ConsentText({ text, title = "The text of this system", isOpen }: { text: string; title?: string; isOpen?: boolean }) {
  if (!text) return null;
  return (
    <details className="small" open={!!isOpen}>
      <summary>{title}</summary>
      <p className="consent-text">{text}</p>
    </details>
  );
}

export function ConsentProof({ of, ...proof }: ProofProps) {
  return (
    <>
      <Field label="What proves it" value={of.evidence} onChange={(evidence) => of.change({ evidence })} maxLength={500} {...proof} />
      {of.text && (
        <CheckBox isOn={of.isByText} onChange={of.setByText}>
          By the text of this system
        </CheckBox>
      )}
      <div className="consent-ends">
        <Field label="Until" type="date" value={of.until} onChange={(until) => of.change({ until })} hint="Left empty, without end." />
        <Field label="Version of the text" value={of.version} onChange={(version) => of.change({ version })} maxLength={100} hint="Left empty, none is on record." />
      </div>
    </>
  );
}
