/** One's own account: another password, and keys for programs. */
import { useQuery } from "@tanstack/react-query";
import { sessionQuery } from "@/shared/api/session";
import { Page } from "@/shared/ui/page";
import { Keys } from "./Keys";
import { Password } from "./Password";

export default function AccountPage() {
  const { data: session } = useQuery(sessionQuery);
  if (!session) return null;
  return (
    <Page title="My account" about={`${session.name}, ${session.role}.`}>
      <div className="columns">
        <Password />
        <Keys role={session.role} />
      </div>
    </Page>
  );
}
