/** What can be done to a person: another name, merging, hiding, removing, which can be taken back; a copy, and forgetting. */
import { useNavigate } from "@tanstack/react-router";
import { Ban, Download, Ellipsis, Eye, EyeOff, GitMerge, Pencil, RotateCcw, Trash2, UserPlus, UserX } from "lucide-react";
import { useState } from "react";
import { api, told } from "@/shared/api/client";
import type { PersonCard, PersonPage } from "@/shared/api/types";
import { type Seen, seenOf, useChange } from "@/shared/people/change";
import { NewPerson } from "@/shared/people/NewPerson";
import { called, PersonPicker } from "@/shared/people/PersonPicker";
import { Forget, useExport } from "@/shared/people/rights";
import { type Action, Button, Field, Menu } from "@/shared/ui/controls";
import { Ask } from "@/shared/ui/dialogs";
import { isThere } from "./standing";

/** A dialog, and the person as they were seen when it was opened: whoever was changed since is not changed by it. */
interface Open {
  what: "rename" | "merge" | "forget";
  seen: PersonPage;
}

const asSeen = ({ person_id, etag }: Seen) => ({ path: { person_id }, header: { "If-Match": etag } });

export function PersonActions({ person }: { person: PersonPage }) {
  const [open, setOpen] = useState<Open | null>(null);
  const close = () => setOpen(null);
  const change = useChange(close);
  const hand = useExport();
  const navigate = useNavigate();
  const params = asSeen(person);
  const put = (standing: "active" | "hidden" | "ignored") => change.mutate(() => told(api.PATCH("/api/v1/people/{person_id}", { params, body: { standing } })));
  const remove = () => change.mutate(() => told(api.DELETE("/api/v1/people/{person_id}", { params })));
  const restore = () => change.mutate(() => told(api.POST("/api/v1/people/{person_id}/restore", { params })));
  if (person.standing === "merged") return null;
  const isStranger = person.kind === "stranger";
  const isBinned = person.standing === "binned";
  const ofThoseThere: (Action | false)[] = [
    { id: "merge", label: "Merge with somebody…", icon: <GitMerge aria-hidden />, onAction: () => setOpen({ what: "merge", seen: person }) },
    person.standing !== "active" && { id: "show", label: "Show again", icon: <Eye aria-hidden />, onAction: () => put("active") },
    person.standing === "active" && { id: "hide", label: "Hide from lists", icon: <EyeOff aria-hidden />, onAction: () => put("hidden") },
    isStranger && person.standing !== "ignored" && { id: "ignore", label: "Ignore", icon: <Ban aria-hidden />, onAction: () => put("ignored") },
    { id: "remove", label: "Move to the recycle bin", icon: <Trash2 aria-hidden />, onAction: remove },
  ];
  const actions: (Action | false)[] = [
    ...(isThere(person) ? ofThoseThere : []),
    { id: "export", label: "Export everything", icon: <Download aria-hidden />, onAction: () => hand.mutate(person) },
    { id: "forget", label: "Forget for good…", icon: <UserX aria-hidden />, onAction: () => setOpen({ what: "forget", seen: person }) },
  ];
  return (
    <>
      {isBinned && (
        <Button look="main" onPress={restore} isDisabled={change.isPending}>
          <RotateCcw aria-hidden /> Restore
        </Button>
      )}
      {isThere(person) && (
        <Button onPress={() => setOpen({ what: "rename", seen: person })}>
          {isStranger ? <UserPlus aria-hidden /> : <Pencil aria-hidden />} {isStranger ? "Give a name" : "Rename"}
        </Button>
      )}
      <Menu label={`More about ${called(person)}`} actions={actions.filter((one): one is Action => !!one)}>
        <Ellipsis aria-hidden />
      </Menu>
      {open?.what === "rename" &&
        (open.seen.kind === "stranger" ? (
          <NewPerson strangers={[open.seen]} isBusy={change.isPending} onClose={close} onEnrol={(make) => change.mutate(make)} />
        ) : (
          <Rename
            person={open.seen}
            isBusy={change.isPending}
            onClose={close}
            onName={(name) => change.mutate(() => told(api.PATCH("/api/v1/people/{person_id}", { params: asSeen(open.seen), body: { name } })))}
          />
        ))}
      {open?.what === "merge" && <Merge person={open.seen} isBusy={change.isPending} onClose={close} change={change.mutate} />}
      {open?.what === "forget" && <Forget person={open.seen} onClose={close} onGone={() => navigate({ to: "/people" })} />}
    </>
  );
}

type Mutate = ReturnType<typeof useChange>["mutate"];

function Rename({ person, isBusy, onClose, onName }: { person: PersonCard; isBusy: boolean; onClose: () => void; onName: (name: string) => void }) {
  const [name, setName] = useState(person.name);
  return (
    <Ask title={`Rename ${person.name}`} verb="Rename" isOpen onClose={onClose} isBusy={isBusy} isDisabled={!name.trim()} onYes={() => onName(name.trim())}>
      <Field label="Name" value={name} onChange={setName} autoFocus />
    </Ask>
  );
}

function Merge({ person, isBusy, onClose, change }: { person: PersonCard; isBusy: boolean; onClose: () => void; change: Mutate }) {
  const [other, setOther] = useState<PersonCard | null>(null);
  const navigate = useNavigate();
  // The one with a name stays; of two of a kind the other one, which was chosen.
  const stays = other && person.kind === "enrolled" && other.kind === "stranger" ? person : other;
  const goes = stays === person ? other : person;
  const go = () => {
    if (!stays || !goes) return;
    const [into, from] = [stays.person_id, goes.person_id];
    change(() => told(api.POST("/api/v1/people/merge", { body: { into, others: [from], seen: seenOf(stays, goes) } })), {
      onSuccess: () => void navigate({ to: "/people/$personId", params: { personId: into } }),
    });
  };
  return (
    <Ask title={`${called(person)} is the same person as …`} verb="Merge" isOpen onClose={onClose} isBusy={isBusy} isDisabled={!other} onYes={go}>
      <PersonPicker label="Who" picked={other} onPick={setOther} without={[person.person_id]} autoFocus />
      {stays && goes && (
        <p className="muted">
          All pictures and visits of {called(goes)} become those of {called(stays)}. It can be taken back.
        </p>
      )}
    </Ask>
  );
}
