/** The way in: the first account where there is none yet, else logging in; whom a link invites signs up at once. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, told } from "@/shared/api/client";
import { termsQuery } from "@/shared/api/signup";
import { Loaded } from "@/shared/ui/page";
import { LogIn } from "./LogIn";
import { SetUp } from "./SetUp";
import "./entrance.css";

export function EntrancePage() {
  const setup = useQuery({ queryKey: ["setup"], queryFn: () => told(api.GET("/api/v1/setup")) });
  return (
    <main className="entrance">
      <div className="entrance-card">
        <p className="brand">
          <img src="/icon.svg" alt="" width={34} height={34} /> mien
        </p>
        <Loaded of={setup}>{({ needed }) => <Ways needsSetUp={needed} />}</Loaded>
      </div>
    </main>
  );
}

/** Where everybody may sign up, nobody has to wait for the first admin. */
export function Ways({ needsSetUp }: { needsSetUp: boolean }) {
  const [isAdmin, setAdmin] = useState(true);
  const { data: terms } = useQuery(termsQuery);
  if (!needsSetUp) return <LogIn />;
  if (!isAdmin) return <LogIn onSetUp={() => setAdmin(true)} />;
  return <SetUp {...(terms?.mode === "open" ? { onElse: () => setAdmin(false) } : {})} />;
}
