/** Takes somebody in: who they are, what they consent to, and pictures from this camera or from files. */
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { Enrolled, PersonCard, Scope } from "@/shared/api/types";
import { ConsentChoice, isEnough } from "@/shared/people/consent";
import { called, PersonPicker } from "@/shared/people/PersonPicker";
import { Button, Field, Tabs } from "@/shared/ui/controls";
import { Page } from "@/shared/ui/page";
import { Result } from "./Result";
import { Snapshots } from "./Snapshots";
import { Enrolment } from "./send";
import { Uploads } from "./Uploads";
import "./enrol.css";

export interface Subject {
  person: PersonCard | null;
  name: string;
  scopes: Scope[];
  evidence: string;
}

const NOBODY: Subject = { person: null, name: "", scopes: [], evidence: "" };
const STEPS = ["Who", "Consent", "Pictures", "Done"];

export default function EnrolPage() {
  const [step, setStep] = useState(0);
  const [subject, setSubject] = useState<Subject>(NOBODY);
  const [enrolled, setEnrolled] = useState<Enrolled | null>(null);
  const [enrolment, setEnrolment] = useState(() => new Enrolment());
  const taken = (result: Enrolled) => {
    setEnrolled(result);
    setStep(3);
  };
  const restart = () => {
    setSubject(NOBODY);
    setEnrolment(new Enrolment());
    setEnrolled(null);
    setStep(0);
  };
  return (
    <Page title="Enrol" about="Somebody who agrees to it gets a name, and is recognised from then on.">
      <ol className="wizard-steps" aria-label="Steps">
        {STEPS.map((one, at) => (
          <li key={one} className={at < step ? "done" : ""} aria-current={at === step ? "step" : undefined}>
            <span className="step-number" aria-hidden>
              {at + 1}
            </span>
            {one}
          </li>
        ))}
      </ol>
      <div className="card wizard stack">
        {step === 0 && <Who subject={subject} onChange={setSubject} onNext={() => setStep(1)} />}
        {step === 1 && <Agree subject={subject} onChange={setSubject} onBack={() => setStep(0)} onNext={() => setStep(2)} />}
        {step === 2 && (
          <>
            <h2>Pictures of {subject.person ? called(subject.person) : subject.name}</h2>
            <Tabs
              label="Where pictures come from"
              tabs={[
                { id: "camera", label: "This camera", content: <Snapshots subject={subject} enrolment={enrolment} onDone={taken} /> },
                { id: "files", label: "Files", content: <Uploads subject={subject} enrolment={enrolment} onDone={taken} /> },
              ]}
            />
            <div>
              <Button onPress={() => setStep(1)}>Back</Button>
            </div>
          </>
        )}
        {step === 3 && enrolled && <Result enrolled={enrolled} name={subject.person ? called(subject.person) : subject.name} onMore={() => setStep(2)} onNext={restart} />}
      </div>
    </Page>
  );
}

interface StepProps {
  subject: Subject;
  onChange: (subject: Subject) => void;
  onNext: () => void;
}

function Who({ subject, onChange, onNext }: StepProps) {
  const [isKnown, setKnown] = useState(!!subject.person);
  const isReady = isKnown ? !!subject.person : !!subject.name.trim();
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (isReady) onNext();
      }}
    >
      <h2>Who is it?</h2>
      {isKnown ? (
        <PersonPicker label="Somebody who is enrolled" kind="enrolled" picked={subject.person} onPick={(person) => onChange({ ...subject, person })} autoFocus />
      ) : (
        <Field label="Name" value={subject.name} onChange={(name) => onChange({ ...subject, name })} autoFocus maxLength={200} hint="As it is to be shown on every picture." />
      )}
      <div className="row apart">
        <Button
          look="bare"
          onPress={() => {
            setKnown(!isKnown);
            onChange({ ...subject, person: null });
          }}
        >
          {isKnown ? "Somebody new" : "More pictures of somebody who is enrolled"}
        </Button>
        <Button look="main" type="submit" isDisabled={!isReady}>
          Next
        </Button>
      </div>
    </form>
  );
}

function Agree({ subject, onChange, onNext, onBack }: StepProps & { onBack: () => void }) {
  const name = subject.person ? called(subject.person) : subject.name.trim();
  return (
    <div className="stack">
      <h2>What {name} consents to</h2>
      <p className="muted">
        Read this to {name}, or have them read it. Each can be taken back at any time under <Link to="/people">their page</Link>; what rests on it is then removed.
      </p>
      <ConsentChoice chosen={subject.scopes} onChange={(scopes) => onChange({ ...subject, scopes })} />
      <Field label="What proves it" value={subject.evidence} onChange={(evidence) => onChange({ ...subject, evidence })} placeholder="they said so before this camera" hint="Left empty, you answer for it." />
      <div className="row apart">
        <Button onPress={onBack}>Back</Button>
        <Button look="main" onPress={onNext} isDisabled={!isEnough(subject.scopes)}>
          {name} agrees
        </Button>
      </div>
    </div>
  );
}
