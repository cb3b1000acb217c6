/** The pictures of a person: select some, then move, part, set aside, remove or restore them. */
import { useQuery } from "@tanstack/react-query";
import { Archive, ArrowRightLeft, Check, ImageOff, RotateCcw, Split, Trash2 } from "lucide-react";
import { useState } from "react";
import * as Aria from "react-aria-components";
import { api, told } from "@/shared/api/client";
import type { PersonPage, PictureCard, PictureState } from "@/shared/api/types";
import { seenOf, useChange } from "@/shared/people/change";
import { called } from "@/shared/people/PersonPicker";
import { Button } from "@/shared/ui/controls";
import { Badge, Empty, FacePicture, Loaded } from "@/shared/ui/page";
import { count, day, percent } from "@/shared/ui/words";
import { MovePictures, SplitPictures } from "./PictureDialogs";
import { groupsQuery, picturesQuery } from "./queries";

const STATES: Record<PictureState, string> = { active: "", set_aside: "set aside", binned: "removed" };

export function Pictures({ person, mayOrder }: { person: PersonPage; mayOrder: boolean }) {
  const found = useQuery(picturesQuery(person.person_id));
  const [chosen, setChosen] = useState<ReadonlySet<number>>(new Set());
  const [open, setOpen] = useState<"" | "move" | "split">("");
  const change = useChange(() => {
    setChosen(new Set());
    setOpen("");
  });
  // What somebody else moved away is not meant any more.
  const picture_ids = (found.data ?? []).map((one) => one.picture_id).filter((id) => chosen.has(id));
  const whose = { person_id: person.person_id, seen: seenOf(person) };
  const put = (state: PictureState) => change.mutate(() => told(api.POST("/api/v1/pictures/state", { body: { ...whose, picture_ids, state } })));
  const keep = (right: number[]) => change.mutate(() => told(api.POST("/api/v1/pictures/keep", { body: { ...whose, picture_ids: right } })));
  return (
    <Loaded of={found}>
      {(pictures) =>
        pictures.length ? (
          <div className="stack">
            {mayOrder && <PictureTools pictures={pictures} chosen={chosen} isBusy={change.isPending} onPut={put} onKeep={keep} onOpen={setOpen} onChoose={setChosen} person={person} />}
            <Aria.GridList
              className="pictures"
              layout="grid"
              aria-label={`Pictures of ${called(person)}`}
              selectionMode={mayOrder ? "multiple" : "none"}
              selectedKeys={chosen}
              onSelectionChange={(keys) => setChosen(new Set(keys === "all" ? pictures.map((one) => one.picture_id) : [...keys].map(Number)))}
              items={pictures}
            >
              {(one) => <Tile picture={one} />}
            </Aria.GridList>
            {open === "move" && <MovePictures person={person} pictureIds={picture_ids} change={change} onClose={() => setOpen("")} />}
            {open === "split" && <SplitPictures person={person} pictureIds={picture_ids} change={change} onClose={() => setOpen("")} />}
          </div>
        ) : (
          <Empty icon={ImageOff} title="No picture is kept">
            Either none was ever taken in, or there is no consent to keeping pictures.
          </Empty>
        )
      }
    </Loaded>
  );
}

function Tile({ picture }: { picture: PictureCard }) {
  const label = `${picture.origin || "picture"}, ${day(picture.created_at)}`;
  return (
    <Aria.GridListItem id={picture.picture_id} textValue={label} className={picture.state === "active" ? "picture" : "picture away"}>
      <FacePicture id={picture.is_stored ? picture.picture_id : null} label={label} />
      <span className="tick check-mark" aria-hidden>
        <Check />
      </span>
      {STATES[picture.state] ? (
        <span>
          <Badge>{STATES[picture.state]}</Badge>
        </span>
      ) : (
        <span className="muted number">quality {percent(picture.quality)}</span>
      )}
      <span className="muted origin">{picture.origin}</span>
    </Aria.GridListItem>
  );
}

/** The pictures that are unlike the others: of several faces all but the one that most pictures show, if there is one. */
export function oddOnes(groups: readonly { picture_ids: readonly number[] }[]): number[] {
  const [most, ...others] = groups.map((one) => one.picture_ids);
  const odd = others.flat();
  return most && most.length > odd.length ? odd : [];
}

/** What is said of them. */
export function unlike(odd: readonly PictureCard[]): string {
  const [faces, are, they] = odd.length === 1 ? ["face", "is", "it is"] : ["faces", "are", "they are"];
  const where = odd.length === 1 && odd[0]?.origin ? odd[0].origin : count(odd.length, "picture");
  return `The ${faces} on ${where} ${are} unlike the others. Look whether ${they} somebody else's: where several people are on a picture, another face may have been taken.`;
}

interface ToolsProps {
  person: PersonPage;
  pictures: readonly PictureCard[];
  chosen: ReadonlySet<number>;
  isBusy: boolean;
  onPut: (state: PictureState) => void;
  onKeep: (right: number[]) => void;
  onOpen: (dialog: "move" | "split") => void;
  onChoose: (ids: ReadonlySet<number>) => void;
}

function PictureTools({ person, pictures, chosen, isBusy, onPut, onKeep, onOpen, onChoose }: ToolsProps) {
  const groups = useQuery({ ...groupsQuery(person.person_id), enabled: pictures.length > 1 && person.templates > 1 });
  const vouched = new Set(pictures.filter((one) => one.is_vouched).map((one) => one.picture_id));
  const odd = oddOnes(groups.data?.groups ?? []).filter((id) => !vouched.has(id));
  const some = pictures.filter((one) => chosen.has(one.picture_id));
  const isOff = !some.length || isBusy;
  return (
    <div className="tools stack">
      {odd.length > 0 && !chosen.size && (
        <div className="notice warning row">
          <span>{unlike(pictures.filter((one) => odd.includes(one.picture_id)))}</span>
          <Button onPress={() => onChoose(new Set(odd))}>Select {odd.length === 1 ? "it" : "them"}</Button>
          <Button onPress={() => onKeep(odd)} isDisabled={isBusy}>
            {odd.length === 1 ? "It is" : "They are"} right
          </Button>
        </div>
      )}
      <div className="row" role="toolbar" aria-label="Selected pictures">
        <span className="muted" aria-live="polite">
          {some.length ? `${some.length} selected` : "Select pictures to put them in order"}
        </span>
        {some.length > 0 && (
          <>
            <Button isDisabled={isOff} onPress={() => onOpen("move")}>
              <ArrowRightLeft aria-hidden /> Move…
            </Button>
            <Button isDisabled={isOff} onPress={() => onOpen("split")}>
              <Split aria-hidden /> Somebody else…
            </Button>
            {some.some((one) => one.state === "active") && (
              <Button isDisabled={isOff} onPress={() => onPut("set_aside")}>
                <Archive aria-hidden /> Set aside
              </Button>
            )}
            {some.some((one) => one.state !== "active") && (
              <Button isDisabled={isOff} onPress={() => onPut("active")}>
                <RotateCcw aria-hidden /> Use again
              </Button>
            )}
            {some.some((one) => one.state !== "binned") && (
              <Button look="danger" isDisabled={isOff} onPress={() => onPut("binned")}>
                <Trash2 aria-hidden /> Remove
              </Button>
            )}
            <Button look="bare" onPress={() => onChoose(new Set())}>
              Select none
            </Button>
          </>
        )}
      </div>
    </div>
  );
}
