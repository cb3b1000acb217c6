/** What everybody may ask for: a copy of all that is kept of them, and being forgotten. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, download, told } from "@/shared/api/client";
import { Field } from "@/shared/ui/controls";
import { Ask } from "@/shared/ui/dialogs";
import { Failure, Notice, Waiting } from "@/shared/ui/page";
import { say, sayFailure } from "@/shared/ui/toasts";
import { inWords, renewPeople, sentence } from "./change";
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

/** Asks before somebody is forgotten; `onGone` leaves what shows them. */
export function Forget({ person, onClose, onGone }: { person: Whose; onClose: () => void; onGone: () => void | Promise<void> }) {
  const [typed, setTyped] = useState("");
  const queries = useQueryClient();
  const name = called(person);
  const ask = (agreed: string[] | null) =>
    told(api.POST("/api/v1/privacy/forget/{person_id}", { params: { path: { person_id: person.person_id }, query: { dry_run: !agreed } }, body: agreed && { agreed } }));
  const foreseen = useQuery({ queryKey: ["forget", person.person_id], queryFn: () => ask(null), staleTime: 0, gcTime: 0 });
  const forget = useMutation({
    mutationFn: () => ask(foreseen.data?.person_ids ?? []),
    onSuccess: async (done) => {
      say(`${name} is forgotten. Removed: ${inWords(done.counts)}.`);
      await onGone();
      queries.removeQueries({ queryKey: ["person", person.person_id] });
      return renewPeople(queries);
    },
    onError: sayFailure,
  });
  return (
    <Ask title={`Forget ${name}`} verb="Forget for good" isDangerous isOpen onClose={onClose} isBusy={forget.isPending} isDisabled={!foreseen.data || typed.trim() !== name} onYes={() => forget.mutate()}>
      {foreseen.data ? (
        <>
          <p>
            {sentence(foreseen.data.summary)}. That removes {inWords(foreseen.data.counts)}.
          </p>
          {foreseen.data.outside.length > 0 && (
            <Notice tone="warning">
              Written out earlier, and yours to remove: {foreseen.data.outside.map((one) => one.path).join(", ")}
            </Notice>
          )}
          {foreseen.data.warnings.map((one) => (
            <Notice key={one} tone="warning">
              {sentence(one)}
            </Notice>
          ))}
        </>
      ) : foreseen.error ? (
        <Failure error={foreseen.error} />
      ) : (
        <Waiting />
      )}
      <Field label={`Type ${name} to confirm`} value={typed} onChange={setTyped} autoComplete="off" />
    </Ask>
  );
}
