/** Logging in by name and password. */
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useEffect, useState } from "react";
import { api, told } from "@/shared/api/client";
import { useEnter } from "@/shared/api/session";
import { Button, Field } from "@/shared/ui/controls";

export function LogIn() {
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const enter = useEnter();
  const logIn = useMutation({
    mutationFn: () => told(api.POST("/api/v1/session", { body: { name: name.trim(), password } })),
    onSuccess: enter,
  });
  useEffect(() => {
    document.title = "Log in · mien";
  }, []);
  const send = (event: FormEvent) => {
    event.preventDefault();
    logIn.mutate();
  };
  return (
    <form className="stack" onSubmit={send}>
      <h1>Log in</h1>
      <Field label="Name" name="username" autoComplete="username" value={name} onChange={setName} isRequired autoFocus />
      <Field label="Password" name="password" type="password" autoComplete="current-password" value={password} onChange={setPassword} isRequired />
      {logIn.error && (
        <p className="fault" role="alert">
          {logIn.error.message}
        </p>
      )}
      <Button look="main" type="submit" isDisabled={logIn.isPending}>
        {logIn.isPending ? "One moment…" : "Log in"}
      </Button>
    </form>
  );
}
