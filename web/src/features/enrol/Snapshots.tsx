/** Snapshots at this browser's camera, which the service asks for, judges and takes in. */
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { BeginEnrolment, Enrolled } from "@/shared/api/types";
import { Seat } from "@/shared/camera/Seat";
import { renewPeople, seenOf } from "@/shared/people/change";
import { CheckBox } from "@/shared/ui/controls";
import { Notice } from "@/shared/ui/page";
import type { Subject } from "./send";

export function Snapshots({ subject, onDone }: { subject: Subject; onDone: (enrolled: Enrolled) => void }) {
  const queries = useQueryClient();
  const [vouches, setVouches] = useState(false);
  const { person, name, consent } = subject;
  const whom = person ? { person_id: person.person_id, seen: seenOf(person) } : { name: name.trim() };
  return (
    <Seat
      path="/people/camera"
      begin={JSON.stringify({ type: "begin", ...whom, consent, challenge: !vouches } satisfies BeginEnrolment)}
      says={`${vouches ? "" : "Two moves are asked for; then "}10 snapshots are taken by themselves, as soon as the face is well in view.`}
      verb="Start the camera"
      waysOn={
        <Notice>
          {!vouches && "Without moves fewer models are needed: choose “The person sits before me”. "}
          Without this camera pictures are taken from “Files”.
        </Notice>
      }
      onPassed={({ enrolled }) => {
        void renewPeople(queries);
        if (enrolled) onDone(enrolled);
      }}
    >
      <div>
        <CheckBox isOn={vouches} onChange={setVouches}>
          The person sits before me
        </CheckBox>
        <p className="muted small">Then no moves are asked for, which would keep photographs out; the audit log says that you vouch for them.</p>
      </div>
    </Seat>
  );
}
