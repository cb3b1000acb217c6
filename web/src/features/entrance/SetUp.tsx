/** The first start: proves that it is one's own server by the token of the terminal, then makes the first account. */
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useEffect, useState } from "react";
import { api, Problem, told } from "@/shared/api/client";
import { useEnter } from "@/shared/api/session";
import { Button, Fault, Field } from "@/shared/ui/controls";
import { passwordFault, SHORTEST } from "@/shared/api/password";

export function SetUp({ onElse }: { onElse?: () => void }) {
  const [step, setStep] = useState(0);
  const [token, setToken] = useState("");
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [again, setAgain] = useState("");
  const [fault, setFault] = useState("");
  const enter = useEnter();
  const make = useMutation({
    mutationFn: () => told(api.POST("/api/v1/setup", { body: { token: token.trim(), name: name.trim(), password } })),
    onSuccess: enter,
    onError: (error) => {
      setFault(error.message);
      if (error instanceof Problem && error.status === 403) setStep(0);
    },
  });
  useEffect(() => {
    document.title = "Set up · mien";
  }, []);
  const send = (event: FormEvent) => {
    event.preventDefault();
    const wrong = step === 2 ? passwordFault(password, again) : "";
    setFault(wrong);
    if (wrong) return;
    if (step < 2) setStep(step + 1);
    else make.mutate();
  };
  return (
    <form className="stack" onSubmit={send}>
      <p className="muted small">Step {step + 1} of 3</p>
      <progress className="steps" max={3} value={step + 1} aria-label="Set-up" />
      {step === 0 && (
        <>
          <h1>Welcome to mien</h1>
          <p className="muted">
            The terminal in which mien was started shows a token for the first set-up. It proves that this server is yours.
          </p>
          <Field label="Token" value={token} onChange={setToken} isRequired autoFocus autoComplete="off" hint="Copy it from the terminal." />
        </>
      )}
      {step === 1 && (
        <>
          <h1>Your name</h1>
          <p className="muted">You log in with it. This account is an admin: it changes settings and lets others in.</p>
          <Field label="Name" name="username" autoComplete="username" value={name} onChange={setName} isRequired autoFocus maxLength={100} />
        </>
      )}
      {step === 2 && (
        <>
          <h1>A password</h1>
          <input type="text" name="username" autoComplete="username" value={name} readOnly hidden />
          <Field label="Password" type="password" autoComplete="new-password" value={password} onChange={setPassword} isRequired autoFocus hint={`At least ${SHORTEST} characters.`} />
          <Field label="The same again" type="password" autoComplete="new-password" value={again} onChange={setAgain} isRequired />
        </>
      )}
      <Fault text={fault} />
      <div className="row apart">
        {step > 0 ? <Button onPress={() => setStep(step - 1)}>Back</Button> : <span />}
        <Button look="main" type="submit" isDisabled={make.isPending}>
          {step < 2 ? "Next" : make.isPending ? "One moment…" : "Start"}
        </Button>
      </div>
      {step === 0 && onElse && (
        <Button look="bare" onPress={onElse}>
          I have no token: log in, or sign up to look on
        </Button>
      )}
    </form>
  );
}
