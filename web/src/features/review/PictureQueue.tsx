/** The pictures that are doubtful, and what can be done to those that are selected. */
import { Link } from "@tanstack/react-router";
import { Archive, ArrowRightLeft, Check, Trash2 } from "lucide-react";
import { useRef, useState } from "react";
import { api, told } from "@/shared/api/client";
import type { DoubtfulPicture, PictureState } from "@/shared/api/types";
import { type Seen, seenOf, useChange } from "@/shared/people/change";
import { called } from "@/shared/people/PersonPicker";
import { CheckBox } from "@/shared/ui/controls";
import { FacePicture } from "@/shared/ui/page";
import { count, percent } from "@/shared/ui/words";
import { AssignDialog } from "./AssignDialog";
import { KeysHelp, Tool, useKeys } from "./KeysHelp";
import { type Command, PICTURES } from "./keys";
import { useDrop } from "./queries";
import { Suggested } from "./StrangerCard";
import { useSelection } from "./selection";

const idOf = (one: DoubtfulPicture) => String(one.picture_id);
const body = (some: readonly DoubtfulPicture[], ...others: readonly Seen[]) => ({
  picture_ids: some.map((one) => one.picture_id),
  seen: seenOf(...some.map((one) => one.owner), ...others),
});

export function PictureQueue({ pictures, oneFrom }: { pictures: DoubtfulPicture[]; oneFrom: number }) {
  // Which pictures are moved: as they were when the question was put.
  const [moving, setMoving] = useState<readonly DoubtfulPicture[] | null>(null);
  const gone = useRef<readonly string[]>([]);
  const drop = useDrop();
  const at = useSelection(pictures.map(idOf));
  const meant = pictures.filter((one) => at.meant.includes(idOf(one)));
  const only = meant.length === 1 ? meant[0] : undefined;
  const change = useChange(() => {
    at.leave(gone.current);
    setMoving(null);
    drop("pictures", gone.current);
  });
  const go = (some: readonly DoubtfulPicture[], make: Parameters<typeof change.mutate>[0]) => {
    if (change.isPending || !some.length) return;
    gone.current = some.map(idOf);
    change.mutate(make);
  };
  const put = (state: PictureState) => go(meant, () => told(api.POST("/api/v1/pictures/state", { body: { ...body(meant), state } })));
  const move = (some: readonly DoubtfulPicture[], to: Seen) => go(some, () => told(api.POST("/api/v1/pictures/move", { body: { ...body(some, to), to: to.person_id } })));
  const commands: Partial<Record<Command, () => unknown>> = {
    ...at.commands,
    keep: () => go(meant, () => told(api.POST("/api/v1/pictures/keep", { body: body(meant) }))),
    accept: () => only?.resembles && at.isAtOnly(idOf(only)) && move([only], only.resembles),
    assign: () => meant.length && setMoving(meant),
    aside: () => put("set_aside"),
    discard: () => put("binned"),
  };
  const [isByKeys, letKeys] = useKeys(commands, !!moving);
  const tool = { isByKeys, isDisabled: !meant.length || change.isPending, commands };
  return (
    <>
      <div className="review-bar">
        <strong aria-live="polite" className="review-whom">
          {at.told || (only ? `Picture of ${called(only.owner)}` : "Choose a picture")}
        </strong>
        <div className="row" role="toolbar" aria-label="What to do with them">
          <Tool {...tool} of="keep" look="main" icon={Check} label="Is right" />
          <Tool {...tool} of="assign" icon={ArrowRightLeft} label="Shows somebody else" />
          <Tool {...tool} of="aside" icon={Archive} label="Set aside" />
          <Tool {...tool} of="discard" look="danger" icon={Trash2} label="Remove" />
        </div>
      </div>
      <ul ref={at.list} className="strangers" aria-label="Doubtful pictures">
        {pictures.map((one, place) => (
          <li key={one.picture_id} className={["stranger", place === at.at && "at", at.selected.includes(idOf(one)) && "chosen"].filter(Boolean).join(" ")}>
            <div className="row apart">
              <CheckBox isOn={at.selected.includes(idOf(one))} onChange={() => at.select(idOf(one))} hint={`Select picture ${one.picture_id} of ${called(one.owner)}`} />
              <span className="muted small">quality {percent(one.quality)}</span>
            </div>
            <Link
              to="/people/$personId"
              params={{ personId: one.person_id }}
              className="stranger-faces doubted"
              data-card
              onFocus={() => at.stand(place)}
              aria-label={`Open ${called(one.owner)}, picture ${one.picture_id}`}
            >
              <FacePicture id={one.is_stored ? one.picture_id : null} label="" />
              <span className="muted small">kept for</span>
              <FacePicture id={one.owner.best_picture} label="" />
            </Link>
            <span>{called(one.owner)}</span>
            <p className="muted small">{WHY[one.reason](called(one.owner))}</p>
            {one.resembles && <Suggested one={one.resembles} isVery={one.resembles.similarity >= oneFrom} onAssign={(to) => move([one], to)} onFocus={() => at.stand(place)} />}
          </li>
        ))}
      </ul>
      <KeysHelp isOn={isByKeys} onChange={letKeys} help={PICTURES} />
      {moving && (
        <AssignDialog
          title={`Who is on ${moving.length === 1 ? "this picture" : count(moving.length, "picture")}?`}
          verb="Move"
          suggestions={moving.length === 1 && moving[0]?.resembles ? [moving[0].resembles] : []}
          without={moving.length === 1 ? moving.map((one) => one.person_id) : []}
          isBusy={change.isPending}
          onClose={() => setMoving(null)}
          onAssign={(to) => move(moving, to)}
        />
      )}
    </>
  );
}

const WHY: Record<DoubtfulPicture["reason"], (owner: string) => string> = {
  "unlike the others": (owner) => `Unlike the other pictures of ${owner}.`,
  "more like somebody else": (owner) => `More like somebody else than like ${owner}.`,
  "pictures disagree": (owner) => `The pictures of ${owner} show different faces, and no face is on most of them.`,
  "too poor": () => "Too poor to tell anybody by; better ones are there.",
};
