/** Another password for one's own account. */
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { api, told } from "@/shared/api/client";
import { passwordFault, SHORTEST } from "@/shared/api/password";
import { useEnter } from "@/shared/api/session";
import { Button, Fault, Field } from "@/shared/ui/controls";
import { say } from "@/shared/ui/toasts";

const EMPTY = { current: "", next: "", again: "" };

export function Password() {
  const [typed, setTyped] = useState(EMPTY);
  const [fault, setFault] = useState("");
  const enter = useEnter();
  const change = useMutation({
    mutationFn: () => told(api.POST("/api/v1/account/password", { body: { current: typed.current, new: typed.next } })),
    onSuccess: (session) => {
      enter(session);
      setTyped(EMPTY);
      say("The password is changed. Other browsers are logged out.");
    },
    onError: (error) => setFault(error.message),
  });
  const send = (event: FormEvent) => {
    event.preventDefault();
    const wrong = passwordFault(typed.next, typed.again);
    setFault(wrong);
    if (!wrong) change.mutate();
  };
  return (
    <form className="card stack" onSubmit={send}>
      <h2>Password</h2>
      <Field label="The one of now" type="password" autoComplete="current-password" value={typed.current} onChange={(current) => setTyped({ ...typed, current })} hint="Empty, if the account has none yet." />
      <Field label="The new one" type="password" autoComplete="new-password" value={typed.next} onChange={(next) => setTyped({ ...typed, next })} isRequired hint={`At least ${SHORTEST} characters.`} />
      <Field label="The new one again" type="password" autoComplete="new-password" value={typed.again} onChange={(again) => setTyped({ ...typed, again })} isRequired />
      <Fault text={fault} />
      <div>
        <Button look="main" type="submit" isDisabled={change.isPending}>
          Change
        </Button>
      </div>
    </form>
  );
}
