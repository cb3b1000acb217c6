/** Takes somebody in: who they are, what they consent to, and pictures from this camera or from files. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { api, told } from "@/shared/api/client";
import type { Enrolled } from "@/shared/api/types";
import { sayOutdated } from "@/shared/people/change";
import { type Consent, ConsentForm, isEnough, useConsent } from "@/shared/people/consent";
import { called, PersonPicker } from "@/shared/people/PersonPicker";
import { Button, Field, Tabs } from "@/shared/ui/controls";
import { Page } from "@/shared/ui/page";
import { Result } from "./Result";
import { Snapshots } from "./Snapshots";
import { Enrolment, type Subject } from "./send";
import { Uploads } from "./Uploads";
import "./enrol.css";

type Whom = Omit<Subject, "consent">;
const NOBODY: Whom = { person: null, name: "" };
const STEPS = ["Who", "Consent", "Pictures", "Done"];

export default function EnrolPage() {
  const [turn, setTurn] = useState(0); // everybody is asked anew
  return (
    <Page title="Enrol" about="Somebody who agrees to it gets a name, and is recognised from then on.">
      <Wizard key={turn} onNext={() => setTurn(turn + 1)} />
    </Page>
  );
}

function Wizard({ onNext }: { onNext: () => void }) {
  const [step, setStep] = useState(0);
  const [whom, setWhom] = useState(NOBODY);
  const consent = useConsent({ isReadOut: true });
  const subject = { ...whom, consent: consent.asked };
  const [enrolled, setEnrolled] = useState<Enrolled | null>(null);
  const [enrolment] = useState(() => new Enrolment());
  const queries = useQueryClient();
  const look = useMutation({
    mutationFn: (person_id: string) => told(api.GET("/api/v1/people/{person_id}", { params: { path: { person_id } } })),
    onSuccess: (person) => {
      setWhom({ ...whom, person });
      setStep(2);
    },
    onError: (error) => sayOutdated(queries, error),
  });
  /** Go on to pictures, of whoever is there already as they are now. */
  const toPictures = (id?: string | null) => (id ? look.mutate(id) : setStep(2));
  const taken = (result: Enrolled) => {
    setEnrolled(result);
    setStep(3);
  };
  return (
    <>
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
        {step === 0 && <Who subject={whom} onChange={setWhom} onNext={() => setStep(1)} />}
        {step === 1 && <Agree name={nameOf(whom)} consent={consent} onBack={() => setStep(0)} onNext={() => toPictures(whom.person?.person_id ?? enrolment.made(whom)?.id)} />}
        {step === 2 && (
          <>
            <h2>Pictures of {nameOf(whom)}</h2>
            <Tabs
              label="Where pictures come from"
              tabs={[
                { id: "camera", label: "This camera", content: <Snapshots subject={subject} onDone={taken} /> },
                { id: "files", label: "Files", content: <Uploads subject={subject} enrolment={enrolment} onDone={taken} /> },
              ]}
            />
            <div>
              <Button onPress={() => setStep(1)}>Back</Button>
            </div>
          </>
        )}
        {step === 3 && enrolled && <Result enrolled={enrolled} name={nameOf(whom)} onMore={() => toPictures(enrolled.person_id)} onNext={onNext} />}
      </div>
    </>
  );
}

const nameOf = ({ person, name }: Whom) => (person ? called(person) : name.trim());

interface StepProps {
  subject: Whom;
  onChange: (subject: Whom) => void;
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

function Agree({ name, consent, onNext, onBack }: { name: string; consent: Consent; onNext: () => void; onBack: () => void }) {
  return (
    <div className="stack">
      <h2>What {name} consents to</h2>
      <p className="muted">
        Read this to {name}, or have them read it. Each can be taken back at any time under <Link to="/people">their page</Link>; what rests on it is then removed.
      </p>
      <ConsentForm of={consent} placeholder="they said so before this camera" showsText />
      <div className="row apart">
        <Button onPress={onBack}>Back</Button>
        <Button look="main" onPress={onNext} isDisabled={!isEnough(consent.scopes)}>
          {name} agrees
        </Button>
      </div>
    </div>
  );
}
