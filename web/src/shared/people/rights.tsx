/** What everybody may ask for: a copy of all that is kept of them, and being forgotten. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, download, hand, told } from "@/shared/api/client";
import type { ForgetTold } from "@/shared/api/types";
import { Field } from "@/shared/ui/controls";
import { Ask } from "@/shared/ui/dialogs";
import { Loaded, Notice } from "@/shared/ui/page";
import { say, sayFailure } from "@/shared/ui/toasts";
import { capital } from "@/shared/ui/words";
import { inWords, renewPeople } from "./change";
import { called } from "./PersonPicker";

interface Whose {
  person_id: string;
  name: string;
}

/** Hands a copy of all that is kept of somebody to the browser. */
export function useExport() {
  return useMutation({
    mutationFn: ({ person_id }: Whose) => download(`/privacy/export/${person_id}`, `${person_id}.zip`, "POST"),
    onSuccess: () => say("The export is handed to your browser. It holds everything: keep it safe."),
    onError: sayFailure,
  });
}

/** Asks before somebody is forgotten, and hands out the receipt; `onGone` leaves what shows them. */
export function Forget({ person, onClose, onGone }: { person: Whose; onClose: () => void; onGone: () => void | Promise<void> }) {
  const [typed, setTyped] = useState("");
  const [done, setDone] = useState<ForgetTold | null>(null);
  const queries = useQueryClient();
  const name = called(person);
  const ask = (agreed: string[] | null) =>
    told(api.POST("/api/v1/privacy/forget/{person_id}", { params: { path: { person_id: person.person_id }, query: { dry_run: !agreed } }, body: agreed && { agreed } }));
  const foreseen = useQuery({ queryKey: ["forget", person.person_id], queryFn: () => ask(null), staleTime: 0, gcTime: 0 });
  const forget = useMutation({
    mutationFn: () => ask(foreseen.data?.person_ids ?? []),
    onSuccess: setDone,
    onError: sayFailure,
  });
  const leave = async () => {
    await onGone();
    queries.removeQueries({ queryKey: ["person", person.person_id] });
    await renewPeople(queries);
  };
  if (done) return <Receipt name={name} done={done} onLeave={() => void leave()} />;
  return (
    <Ask title={`Forget ${name}`} verb="Forget for good" isDangerous isOpen onClose={onClose} isBusy={forget.isPending} isDisabled={!foreseen.data || typed.trim() !== name} onYes={() => forget.mutate()}>
      <Loaded of={foreseen}>
        {(told) => (
          <>
            <p>
              {capital(told.summary)}. That removes {inWords(told.counts)}.
            </p>
            {told.outside.length > 0 && <Notice tone="warning">Written out earlier, and yours to remove: {told.outside.map((one) => one.path).join(", ")}</Notice>}
            {told.warnings.map((one) => (
              <Notice key={one} tone="warning">
                {capital(one)}
              </Notice>
            ))}
          </>
        )}
      </Loaded>
      <Field label={`Type ${name} to confirm`} value={typed} onChange={setTyped} autoComplete="off" />
    </Ask>
  );
}

function Receipt({ name, done, onLeave }: { name: string; done: ForgetTold; onLeave: () => void }) {
  const { receipt } = done;
  return (
    <Ask
      title={`${name} is forgotten`}
      verb="Save the receipt"
      isOpen
      onClose={onLeave}
      closing="Done"
      isDisabled={!receipt}
      onYes={() => receipt && hand(new Blob([JSON.stringify(receipt, null, 2)], { type: "application/json" }), "receipt.json")}
    >
      <p role="status">Removed: {inWords(done.counts)}.</p>
      {receipt && (
        <>
          <p className="small">
            {receipt.verified.files.toLocaleString()} files were searched for the name, the ids and the templates afterwards: {receipt.verified.traces} traces. Entry {receipt.audit.number} of the audit log tells of it.
          </p>
          <details className="small">
            <summary>What that does not cover</summary>
            <ul>
              {receipt.not_covered.map((one) => (
                <li key={one}>{capital(one)}</li>
              ))}
            </ul>
          </details>
        </>
      )}
    </Ask>
  );
}
