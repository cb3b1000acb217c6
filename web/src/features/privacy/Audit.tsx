/** The log of what was done about people, and whether it is whole. */
import { useInfiniteQuery, useMutation } from "@tanstack/react-query";
import { ScrollText, ShieldCheck } from "lucide-react";
import { api, told } from "@/shared/api/client";
import type { AuditEntry } from "@/shared/api/types";
import { Button } from "@/shared/ui/controls";
import { More, Table } from "@/shared/ui/lists";
import { Empty, Failure, Loaded, Notice } from "@/shared/ui/page";
import { count, moment } from "@/shared/ui/words";

export function Audit() {
  const found = useInfiniteQuery({
    queryKey: ["privacy", "audit"],
    initialPageParam: "",
    queryFn: ({ pageParam }) => told(api.GET("/api/v1/privacy/audit", { params: { query: pageParam ? { after: pageParam } : {} } })),
    getNextPageParam: (page) => page.next,
  });
  const verify = useMutation({ mutationFn: () => told(api.GET("/api/v1/privacy/audit/verify")) });
  const entries = found.data?.pages.flatMap((page) => page.items);
  return (
    <div className="card stack">
      <div className="row apart">
        <p className="muted">Who did what about whom. Entries are chained: none can be changed or removed without its being seen.</p>
        <Button onPress={() => verify.mutate()} isDisabled={verify.isPending}>
          <ShieldCheck aria-hidden /> {verify.isPending ? "Verifying…" : "Verify"}
        </Button>
      </div>
      {verify.error && <Failure error={verify.error} />}
      {verify.data &&
        (verify.data.is_whole ? (
          <p role="status">The log is whole: {count(verify.data.entries, "entry", "entries")}.</p>
        ) : (
          <Notice tone="danger">The log is not whole, from line {verify.data.line}: {verify.data.reason}</Notice>
        ))}
      <Loaded of={found}>{() => entries?.length ? (
        <div className="scroll" tabIndex={0} role="region" aria-label="Audit log">
          <Table columns={["No.", "When", "What", "About", "By", "Details"]}>
            {entries.map((one) => (
              <Entry key={one.number} entry={one} />
            ))}
          </Table>
          <More of={found} />
        </div>
      ) : (
        <Empty icon={ScrollText} title="Nothing yet">
          As soon as anything is done about a person, it is written down here.
        </Empty>
      )}</Loaded>
    </div>
  );
}

function Entry({ entry }: { entry: AuditEntry }) {
  const facts = Object.entries(entry.facts).map(([name, value]) => `${name}: ${Array.isArray(value) ? value.join(", ") : String(value)}`);
  return (
    <tr>
      <td className="number">{entry.number}</td>
      <td className="number">{moment(entry.at)}</td>
      <td className="mono">{entry.action}</td>
      <td className="mono">{entry.people.join(", ")}</td>
      <td title={entry.actor}>{entry.actor_name || <span className="mono">{entry.actor}</span>}</td>
      <td className="small muted">{facts.join(" · ")}</td>
    </tr>
  );
}
