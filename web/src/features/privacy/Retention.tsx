/** How long what is kept, and removing right now what is due. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, told } from "@/shared/api/client";
import { sentence } from "@/shared/people/change";
import { Button } from "@/shared/ui/controls";
import { Ask } from "@/shared/ui/dialogs";
import { Failure, Loaded, Waiting } from "@/shared/ui/page";
import { say, sayFailure } from "@/shared/ui/toasts";
import { count, moment } from "@/shared/ui/words";

export function Retention({ mayPurge }: { mayPurge: boolean }) {
  const found = useQuery({ queryKey: ["privacy", "retention"], queryFn: () => told(api.GET("/api/v1/privacy/retention")) });
  const [isOpen, setOpen] = useState(false);
  return (
    <div className="card stack">
      <Loaded of={found}>
        {({ items }) => (
          <div className="scroll">
            <table>
              <thead>
                <tr>
                  <th scope="col">What</th>
                  <th scope="col">Kept</th>
                  <th scope="col">Next removal</th>
                </tr>
              </thead>
              <tbody>
                {items.map((one) => (
                  <tr key={one.what}>
                    <th scope="row">{sentence(one.what)}</th>
                    <td>{one.days === null ? "until removed by hand" : count(one.days, "day")}</td>
                    <td className="muted">{one.next_at ? moment(one.next_at) : "nothing is due"}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </Loaded>
      <p className="muted small">How long is set under privacy.retention in the settings. What is due is removed by itself while mien runs.</p>
      {mayPurge && (
        <div>
          <Button onPress={() => setOpen(true)}>Remove what is due now…</Button>
        </div>
      )}
      {isOpen && <Purge onClose={() => setOpen(false)} />}
    </div>
  );
}

function Purge({ onClose }: { onClose: () => void }) {
  const queries = useQueryClient();
  const ask = (dryRun: boolean) => told(api.POST("/api/v1/privacy/purge", { params: { query: { dry_run: dryRun } } }));
  const foreseen = useQuery({ queryKey: ["purge"], queryFn: () => ask(true), staleTime: 0, gcTime: 0 });
  const purge = useMutation({
    mutationFn: () => ask(false),
    onSuccess: (done) => {
      say(sentence(done.summary));
      onClose();
      return queries.invalidateQueries();
    },
    onError: sayFailure,
  });
  return (
    <Ask title="Remove what is due" verb="Remove" isDangerous isOpen onClose={onClose} isBusy={purge.isPending} isDisabled={!foreseen.data} onYes={() => purge.mutate()}>
      {foreseen.data ? <p>{sentence(foreseen.data.summary)}</p> : foreseen.error ? <Failure error={foreseen.error} /> : <Waiting />}
      <p className="muted">It is gone for good.</p>
    </Ask>
  );
}
