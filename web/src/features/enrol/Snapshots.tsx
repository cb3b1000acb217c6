/** Ten snapshots at this browser's camera, guided pose by pose. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Check } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import type { Sent } from "@/shared/api/parts";
import type { Enrolled, FrameReading } from "@/shared/api/types";
import { Advice } from "@/shared/camera/Advice";
import { ASKS, BEGIN, consider, poseAsked, SNAPSHOTS } from "@/shared/camera/guidance";
import { look } from "@/shared/camera/looking";
import { Mirror } from "@/shared/camera/Mirror";
import { Off } from "@/shared/camera/Off";
import { useCamera } from "@/shared/camera/useCamera";
import { renewPeople } from "@/shared/people/change";
import { Button } from "@/shared/ui/controls";
import { Failure, Notice } from "@/shared/ui/page";
import type { Subject } from "./EnrolPage";
import type { Enrolment } from "./send";

const LONGEST = 1280;
const SHOWN = { boxes: true, names: false, bars: false, plane: false };

export function Snapshots({ subject, enrolment, onDone }: { subject: Subject; enrolment: Enrolment; onDone: (enrolled: Enrolled) => void }) {
  const camera = useCamera();
  const queries = useQueryClient();
  const [shots, setShots] = useState<{ sent: Sent; address: string }[]>([]);
  const [progress, setProgress] = useState(BEGIN);
  const [remedy, setRemedy] = useState("");
  const [reading, setReading] = useState<FrameReading | null>(null);
  const [problem, setProblem] = useState("");
  const known = useRef(BEGIN);
  const addresses = useRef<string[]>([]);
  const send = useMutation({
    mutationFn: (pictures: Sent[]) => enrolment.send(subject, pictures),
    onSuccess: (enrolled) => {
      void renewPeople(queries);
      onDone(enrolled);
    },
  });
  const isFull = shots.length >= SNAPSHOTS;
  const { state, snap, stop } = camera;
  useEffect(() => () => addresses.current.forEach((one) => URL.revokeObjectURL(one)), []);
  useEffect(() => {
    if (isFull) stop();
  }, [isFull, stop]);
  useEffect(() => {
    if (state !== "on") return;
    return look({
      keeps: false,
      snap: () => snap(LONGEST, 0.92),
      onState: (_, why) => setProblem(why),
      onLooked: ({ reading: found, frame }) => {
        if (!found || known.current.taken.length >= SNAPSHOTS) return;
        const advice = consider(known.current, found.faces, performance.now());
        known.current = advice.progress;
        setProgress(advice.progress);
        setRemedy(advice.remedy);
        setReading(found);
        if (!advice.takes) return;
        const address = URL.createObjectURL(frame);
        addresses.current.push(address);
        setShots((before) => [...before, { sent: { name: `snapshot-${before.length + 1}.jpg`, picture: frame }, address }]);
      },
    });
  }, [state, snap]);
  const again = () => {
    known.current = BEGIN;
    setProgress(BEGIN);
    setShots([]);
    send.reset();
    void camera.start();
  };
  return (
    <div className="stack">
      {problem && <Notice tone="warning">{problem}</Notice>}
      {isFull ? (
        <p role="status">All {SNAPSHOTS} snapshots are there. Send them, or take them again.</p>
      ) : (
        <Mirror camera={camera} reading={reading} shown={SHOWN} label="What your camera sees">
          {state === "on" ? (
            <Advice ask={ASKS[poseAsked(progress)]} remedy={remedy || "Hold it…"} />
          ) : (
            <Off camera={camera} says={`${SNAPSHOTS} snapshots are taken by themselves, as soon as your face is well in view.`} />
          )}
        </Mirror>
      )}
      <div className="stack">
        <label className="small">
          {shots.length} of {SNAPSHOTS} snapshots
          <progress className="steps" max={SNAPSHOTS} value={shots.length} />
        </label>
        <ul className="shots">
          {Array.from({ length: SNAPSHOTS }, (_, at) => (
            <li key={at}>
              {shots[at] ? <img src={shots[at].address} alt={`Snapshot ${at + 1}: ${progress.taken[at] ?? ""}`} /> : <span aria-hidden />}
              {shots[at] && <Check aria-hidden />}
            </li>
          ))}
        </ul>
      </div>
      {send.error && <Failure error={send.error} />}
      {shots.length > 0 && (
        <div className="row">
          <Button look="main" isDisabled={send.isPending || shots.length < 3} onPress={() => send.mutate(shots.map((one) => one.sent))}>
            {send.isPending ? "One moment…" : isFull ? "Enrol" : `Enrol with these ${shots.length}`}
          </Button>
          <Button onPress={again} isDisabled={send.isPending}>
            Take them again
          </Button>
        </div>
      )}
    </div>
  );
}
