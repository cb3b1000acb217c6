/** Who may log in, and with which role. */
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { MailPlus, Pencil, UserPlus } from "lucide-react";
import { useState } from "react";
import { api, Problem, told } from "@/shared/api/client";
import { sessionQuery } from "@/shared/api/session";
import { termsQuery } from "@/shared/api/signup";
import type { AccountTold } from "@/shared/api/types";
import { Button, IconButton } from "@/shared/ui/controls";
import { More } from "@/shared/ui/lists";
import { Badge, Loaded, Notice, Page } from "@/shared/ui/page";
import { say, sayFailure } from "@/shared/ui/toasts";
import { day } from "@/shared/ui/words";
import { ChangeAccount, NewAccount } from "./dialogs";
import { Invite } from "./Invite";

const AT_ONCE = 100;

export default function AccountsPage() {
  const queries = useQueryClient();
  const { data: session } = useQuery(sessionQuery);
  const found = useInfiniteQuery({
    queryKey: ["accounts"],
    initialPageParam: 0,
    queryFn: ({ pageParam }) => told(api.GET("/api/v1/accounts", { params: { query: { limit: AT_ONCE, after: pageParam } } })),
    getNextPageParam: (page) => page.next,
  });
  const terms = useQuery(termsQuery);
  const [open, setOpen] = useState<AccountTold | "new" | "invite" | null>(null);
  const change = useMutation({
    mutationFn: ({ make }: { make: () => Promise<unknown>; says: string }) => make(),
    onSuccess: (_, { says }) => {
      say(says);
      setOpen(null);
      return queries.invalidateQueries({ queryKey: ["accounts"] });
    },
    onError: (error) => {
      sayFailure(error);
      if (error instanceof Problem && [404, 409, 412].includes(error.status)) void queries.invalidateQueries({ queryKey: ["accounts"] });
    },
  });
  const props = { isBusy: change.isPending, onClose: () => setOpen(null), change: (make: () => Promise<unknown>, says: string) => change.mutate({ make, says }) };
  return (
    <Page
      title="Accounts"
      about="Who may log in. Viewers look; operators put people in order, too; admins change settings and accounts, too."
      tools={
        <>
          {terms.data?.mode === "invitation" && (
            <Button onPress={() => setOpen("invite")}>
              <MailPlus aria-hidden /> Invite
            </Button>
          )}
          <Button look="main" onPress={() => setOpen("new")}>
            <UserPlus aria-hidden /> New account
          </Button>
        </>
      }
    >
      {terms.data?.mode === "open" && <Notice tone="warning">Everybody who reaches this address may sign up, as a viewer: the setting service.sign_up says so.</Notice>}
      <Loaded of={found}>
        {({ pages }) => (
          <div className="card scroll">
            <table>
              <thead>
                <tr>
                  <th scope="col">Name</th>
                  <th scope="col">Role</th>
                  <th scope="col">Gets in by</th>
                  <th scope="col">Since</th>
                  <th scope="col">
                    <span className="unseen">Change</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {pages.flatMap(({ items }) => items).map((one) => (
                  <tr key={one.account_id}>
                    <th scope="row">
                      {one.name} {one.account_id === session?.account_id && <Badge tone="accent">you</Badge>} {!one.is_enabled && <Badge tone="warning">locked</Badge>}
                    </th>
                    <td>{one.role}</td>
                    <td>{[one.has_password && "password", one.allows_face && one.person_id && "face"].filter(Boolean).join(" or ") || "nothing yet"}</td>
                    <td className="muted">{day(one.created_at)}</td>
                    <td>
                      <IconButton hint={`Change ${one.name}`} onPress={() => setOpen(one)}>
                        <Pencil aria-hidden />
                      </IconButton>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
            <More of={found} />
          </div>
        )}
      </Loaded>
      {open === "new" && <NewAccount {...props} />}
      {open === "invite" && <Invite onClose={() => setOpen(null)} />}
      {open && typeof open === "object" && <ChangeAccount {...props} account={open} isOwn={open.account_id === session?.account_id} />}
    </Page>
  );
}
