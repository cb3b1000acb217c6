/** Pictures of somebody from files, with progress. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Enrolled } from "@/shared/api/types";
import { renewPeople } from "@/shared/people/change";
import { Button } from "@/shared/ui/controls";
import { FileDrop } from "@/shared/ui/FileDrop";
import { Failure } from "@/shared/ui/page";
import { count } from "@/shared/ui/words";
import type { Enrolment, Subject } from "./send";

export function Uploads({ subject, enrolment, onDone }: { subject: Subject; enrolment: Enrolment; onDone: (enrolled: Enrolled) => void }) {
  const [files, setFiles] = useState<readonly File[]>([]);
  const [done, setDone] = useState(0);
  const queries = useQueryClient();
  const send = useMutation({
    mutationFn: () =>
      enrolment.send(
        subject,
        files.map((one) => ({ name: one.name, picture: one })),
        setDone,
      ),
    onSuccess: (enrolled) => {
      void renewPeople(queries);
      onDone(enrolled);
    },
  });
  return (
    <div className="stack">
      <p className="muted">Three or more pictures, with nobody else on them, in different poses and light.</p>
      <FileDrop label="Pictures" files={files} onFiles={setFiles} />
      {send.isPending && <progress className="steps" max={files.length} value={done} aria-label="Pictures sent" />}
      {send.error && <Failure error={send.error} />}
      <div>
        <Button look="main" isDisabled={!files.length || send.isPending} onPress={() => send.mutate()}>
          {send.isPending ? `${done} of ${files.length} are looked at…` : files.length ? `Enrol with ${count(files.length, "picture")}` : "Enrol"}
        </Button>
      </div>
    </div>
  );
}
