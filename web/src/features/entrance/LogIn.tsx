/** Logging in by name and password, and the other ways in that are open here. */
import { useMutation, useQuery } from "@tanstack/react-query";
import { ScanFace } from "lucide-react";
import { type FormEvent, lazy, Suspense, useEffect, useState } from "react";
import { api, told } from "@/shared/api/client";
import { useEnter } from "@/shared/api/session";
import { invitedBy, termsQuery } from "@/shared/api/signup";
import { Button, Fault, Field } from "@/shared/ui/controls";
import { Waiting } from "@/shared/ui/page";
import { SignUp } from "./SignUp";

const Sitting = lazy(() => import("./Sitting"));

export function LogIn({ onSetUp }: { onSetUp?: () => void }) {
  const [way, setWay] = useState<"password" | "face" | "signup">(() => (invitedBy(location.hash) ? "signup" : "password"));
  const back = () => setWay("password");
  if (way === "signup") return <SignUp onBack={back} />;
  if (way === "face") return <ByFace onBack={back} />;
  return <ByPassword onFace={() => setWay("face")} onSignUp={() => setWay("signup")} {...(onSetUp ? { onSetUp } : {})} />;
}

function ByFace({ onBack }: { onBack: () => void }) {
  return (
    <div className="stack">
      <h1>Log in by face</h1>
      <Suspense fallback={<Waiting />}>
        <Sitting path="/session/face" hint="You are asked for two small moves, so that no picture of you gets in." />
      </Suspense>
      <div>
        <Button onPress={onBack}>With a password</Button>
      </div>
    </div>
  );
}

function ByPassword({ onFace, onSignUp, onSetUp }: { onFace: () => void; onSignUp: () => void; onSetUp?: () => void }) {
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
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
  return (
    <form className="stack" onSubmit={send}>
      <h1>Log in</h1>
      <Field label="Name" name="username" autoComplete="username" value={name} onChange={setName} isRequired autoFocus />
      <Field label="Password" name="password" type="password" autoComplete="current-password" value={password} onChange={setPassword} isRequired />
      <Fault text={logIn.error?.message} />
      <Button look="main" type="submit" isDisabled={logIn.isPending}>
        {logIn.isPending ? "One moment…" : "Log in"}
      </Button>
      {terms && (
        <div className="row apart">
          {terms.face_login && (
            <Button onPress={onFace}>
              <ScanFace aria-hidden /> With my face
            </Button>
          )}
          {terms.mode !== "off" && (
            <Button look="bare" onPress={onSignUp}>
              {terms.mode === "open" ? "Sign up" : "I am invited"}
            </Button>
          )}
          {onSetUp && (
            <Button look="bare" onPress={onSetUp}>
              Set up
            </Button>
          )}
        </div>
      )}
    </form>
  );
}
