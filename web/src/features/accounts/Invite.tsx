/** Invites somebody to sign up by themselves, and shows the link to send them. */
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { api, told } from "@/shared/api/client";
import { linkOf } from "@/shared/api/signup";
import { Button, Field, Select } from "@/shared/ui/controls";
import { copy } from "@/shared/ui/copy";
import { Ask, Dialog } from "@/shared/ui/dialogs";
import { sayFailure } from "@/shared/ui/toasts";
import { moment } from "@/shared/ui/words";

const LASTING = [
  { id: "1", label: "A day" },
  { id: "7", label: "A week" },
  { id: "30", label: "30 days" },
];

export function Invite({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState("");
  const [days, setDays] = useState("7");
  const called = name.trim();
  const invite = useMutation({
    mutationFn: () => told(api.POST("/api/v1/invitations", { body: { name: called, days: Number(days) } })),
    onError: sayFailure,
  });
  if (invite.data) {
    const { invitation, expires_at } = invite.data;
    return (
      <Dialog title={`The invitation of ${called}`} isOpen onClose={onClose}>
        <p>
          Whoever opens this link before {moment(expires_at)} signs up under the name {called}, once: they choose a password, read what they agree to, and show their face. They look on as a viewer from then on.
        </p>
        <code className="secret mono">{linkOf({ name: called, invitation })}</code>
        <p className="muted small">
          Send it so that nobody else reads it. It is shown this once, and cannot be taken back; another one can be made. Where the link does not work for them, they choose “I am invited”, with the name and this code:
        </p>
        <code className="secret mono small">{invitation}</code>
        <div className="actions">
          <Button onPress={() => copy(invitation)}>Copy the code</Button>
          <Button onPress={() => copy(linkOf({ name: called, invitation }))}>Copy the link</Button>
          <Button look="main" onPress={onClose}>
            Done
          </Button>
        </div>
      </Dialog>
    );
  }
  return (
    <Ask title="Invite somebody" verb="Invite" isOpen onClose={onClose} isBusy={invite.isPending} isDisabled={!called} onYes={() => invite.mutate()}>
      <p className="muted">They sign up by themselves, by showing their face, under the name that you give here. Cameras know them by it from then on.</p>
      <Field label="Name" value={name} onChange={setName} autoFocus maxLength={100} autoComplete="off" />
      <Select label="It holds for" options={LASTING} value={days} onChange={setDays} />
    </Ask>
  );
}
