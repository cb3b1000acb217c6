/** Logging in by name and password. */
import { useMutation, useQuery } from "@tanstack/react-query";
import { ScanFace } from "lucide-react";
import { type FormEvent, lazy, Suspense, useEffect, useState } from "react";
import { api, told } from "@/shared/api/client";
import { useEnter } from "@/shared/api/session";
import { Button, Field } from "@/shared/ui/controls";
import { Waiting } from "@/shared/ui/page";
import { SignUp, termsQuery } from "./SignUp";

const Sitting = lazy(() => import("./Sitting"));

export function LogIn() {
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [way, setWay] = useState<"password" | "face" | "signup">("password");
  const enter = useEnter();
  const { data: terms } = useQuery(termsQuery);
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
  if (way === "signup") return <SignUp onBack={() => setWay("password")} />;
  if (way === "face")
    return (
      <div className="stack">
        <h1>Log in by face</h1>
        <Suspense fallback={<Waiting />}>
          <Sitting path="/session/face" hint="You are asked for two small moves, so that no picture of you gets in." />
        </Suspense>
        <div>
          <Button onPress={() => setWay("password")}>With a password</Button>
        </div>
      </div>
    );
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
      {terms && (
        <div className="row apart">
          <Button onPress={() => setWay("face")}>
            <ScanFace aria-hidden /> With my face
          </Button>
          {terms.mode !== "off" && (
            <Button look="bare" onPress={() => setWay("signup")}>
              Sign up
            </Button>
          )}
        </div>
      )}
    </form>
  );
}
