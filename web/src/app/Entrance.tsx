/** Shows the app to whoever is logged in, and the way in to everybody else; the address stays what it is. */
import { useQuery } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { EntrancePage } from "@/features/entrance/EntrancePage";
import { sessionQuery } from "@/shared/api/session";
import { Failure, Waiting } from "@/shared/ui/page";
import { router } from "./router";

export function Entrance() {
  const session = useQuery(sessionQuery);
  if (session.data) return <RouterProvider key={session.data.account_id} router={router} />;
  if (session.data === null) return <EntrancePage />;
  return (
    <main className="page">
      <h1 className="unseen">mien</h1>
      {session.error ? <Failure error={session.error} again={() => void session.refetch()} /> : <Waiting />}
    </main>
  );
}
