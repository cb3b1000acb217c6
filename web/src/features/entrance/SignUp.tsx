/** Signing up: a name, a password, what one agrees to, and one's face. */
import { useMutation, useQuery } from "@tanstack/react-query";
import { type FormEvent, lazy, Suspense, useEffect, useState } from "react";
import { api, told } from "@/shared/api/client";
import { passwordFault, SHORTEST } from "@/shared/api/password";
import { invitedBy, termsQuery } from "@/shared/api/signup";
import type { Scope, SignUpTerms } from "@/shared/api/types";
import { ConsentChoice, isEnough } from "@/shared/people/consent";
import { Button, Fault, Field } from "@/shared/ui/controls";
import { Loaded, Waiting } from "@/shared/ui/page";

const Sitting = lazy(() => import("./Sitting"));
const EMPTY = { name: "", password: "", again: "", invitation: "" };

export function SignUp({ onBack }: { onBack: () => void }) {
  const found = useQuery(termsQuery);
  useEffect(() => {
    document.title = "Sign up · mien";
  }, []);
  return (
    <Loaded of={found}>
      {(terms) =>
        terms.mode === "off" ? (
          <div className="stack">
            <h1>Sign up</h1>
            <p>Nobody signs up here: an admin makes accounts.</p>
            <div>
              <Button onPress={onBack}>Log in</Button>
            </div>
          </div>
        ) : (
          <Steps terms={terms} onBack={onBack} />
        )
      }
    </Loaded>
  );
}

function Steps({ terms, onBack }: { terms: SignUpTerms; onBack: () => void }) {
  const invited = invitedBy(location.hash);
  const [typed, setTyped] = useState({ ...EMPTY, ...invited });
  const [agreed, setAgreed] = useState<Scope[]>([]);
  const [fault, setFault] = useState("");
  const [ticket, setTicket] = useState("");
  const begin = useMutation({
    mutationFn: () =>
      told(
        api.POST("/api/v1/signup", {
          body: { name: typed.name.trim(), password: typed.password, agrees_to: agreed, consent_version: terms.consent_version, invitation: typed.invitation.trim() },
        }),
      ),
    onSuccess: (begun) => setTicket(begun.ticket),
    onError: (error) => setFault(error.message),
  });
  if (ticket)
    return (
      <div className="stack">
        <h1>Your face</h1>
        <Suspense fallback={<Waiting />}>
          <Sitting path="/signup/camera" ticket={ticket} hint={`Do what is asked; then ${terms.snapshots} snapshots are taken by themselves.`} onRefused={() => setTicket("")} />
        </Suspense>
      </div>
    );
  const send = (event: FormEvent) => {
    event.preventDefault();
    const wrong = passwordFault(typed.password, typed.again);
    setFault(wrong);
    if (!wrong) begin.mutate();
  };
  return (
    <form className="stack" onSubmit={send}>
      <h1>Sign up</h1>
      {terms.mode === "invitation" && <Field label="Invitation" value={typed.invitation} onChange={(invitation) => setTyped({ ...typed, invitation })} isRequired autoComplete="off" hint="An admin gave it to you, for the name below." />}
      <Field label="Name" value={typed.name} onChange={(name) => setTyped({ ...typed, name })} isRequired autoComplete="username" maxLength={100} {...(terms.mode === "invitation" ? { hint: "The one that the invitation is for." } : {})} />
      <Field label="Password" type="password" value={typed.password} onChange={(password) => setTyped({ ...typed, password })} isRequired autoComplete="new-password" hint={`At least ${SHORTEST} characters.`} />
      <Field label="The same again" type="password" value={typed.again} onChange={(again) => setTyped({ ...typed, again })} isRequired autoComplete="new-password" />
      <h2>What you agree to</h2>
      <p className="small terms" tabIndex={0} role="region" aria-label="The text of what you agree to">{terms.consent_text}</p>
      <ConsentChoice chosen={agreed} onChange={setAgreed} isOwn />
      <Fault text={fault} />
      <div className="row apart">
        <Button onPress={onBack}>Back</Button>
        <Button look="main" type="submit" isDisabled={begin.isPending || !isEnough(agreed)}>
          I agree
        </Button>
      </div>
    </form>
  );
}
