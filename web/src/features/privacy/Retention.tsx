/** How long what is kept, and removing right now what is due. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Fragment, useState } from "react";
import { api, told } from "@/shared/api/client";
import { inWords } from "@/shared/people/change";
import { Button } from "@/shared/ui/controls";
import { Ask } from "@/shared/ui/dialogs";
import { Loaded } from "@/shared/ui/page";
import { say, sayFailure } from "@/shared/ui/toasts";
import { capital, count } from "@/shared/ui/words";

const KINDS: Record<string, string> = {
  stranger_crops_h: "Pictures of strangers",
  stranger_templates_h: "Templates of strangers",
  sightings_days: "Visits",
  readings_days: "Apparent expressions, frame by frame",
  rollup_minutes_days: "Apparent expressions, added up by minute",
  rollups_days: "Apparent expressions, added up by hour and day",
  events_days: "Events",
  exports_days: "Exports",
  bin_days: "Recycle bin",
};

export function Retention({ mayPurge }: { mayPurge: boolean }) {
  const found = useQuery({ queryKey: ["privacy", "retention"], queryFn: () => told(api.GET("/api/v1/privacy/retention")) });
  const [isOpen, setOpen] = useState(false);
  return (
    <div className="card stack">
      <Loaded of={found}>
        {({ kept }) => (
          <dl className="facts">
            {Object.entries(kept).map(([key, amount]) => (
              <Fragment key={key}>
                <dt>{KINDS[key] ?? capital(key.replaceAll("_", " "))}</dt>
                <dd className="number">{amount ? count(amount, key.endsWith("_h") ? "hour" : "day") : "until the next removal"}</dd>
              </Fragment>
            ))}
          </dl>
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
      say(done.unfinished ? capital(done.unfinished) : `Removed: ${inWords(done.counts)}.`);
      onClose();
      return queries.invalidateQueries();
    },
    onError: sayFailure,
  });
  return (
    <Ask title="Remove what is due" verb="Remove" isDangerous isOpen onClose={onClose} isBusy={purge.isPending} isDisabled={!foreseen.data} onYes={() => purge.mutate()}>
      <Loaded of={foreseen}>{({ counts }) => <p>Due is: {inWords(counts)}.</p>}</Loaded>
      <p className="muted">It is gone for good.</p>
    </Ask>
  );
}
