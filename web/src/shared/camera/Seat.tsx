/** Sits somebody before this browser's camera, and shows what to do until there is a result. */
import { type ReactNode, useEffect, useRef, useState } from "react";
import { EVERYTHING } from "@/shared/face/overlay";
import { capital } from "@/shared/ui/words";
import { Advice } from "./Advice";
import { Mirror } from "./Mirror";
import { Off } from "./Off";
import { type Ended, type Place, sit, type Step } from "./sitting";
import { useCamera } from "./useCamera";

const LONGEST = 960;

interface SeatProps extends Place {
  says: string;
  verb: string;
  /** What went wrong with the result, elsewhere. */
  problem?: string;
  isBusy?: boolean;
  onPassed: (result: Ended) => void;
  /** Where it cannot be tried again from here. */
  onAgain?: () => void;
  /** What else can be done where it is a model that cannot be had. */
  waysOn?: ReactNode;
  /** Shown as long as the camera is off. */
  children?: ReactNode;
}

export function Seat({ path, begin = "", says, verb, problem = "", isBusy, onPassed, onAgain, waysOn, children }: SeatProps) {
  const camera = useCamera();
  const [step, setStep] = useState<Step | null>(null);
  const [refusal, setRefusal] = useState({ problem: "", lacksModel: false });
  const passed = useRef(onPassed);
  useEffect(() => {
    passed.current = onPassed;
  });
  const { state, snap, stop } = camera;
  useEffect(() => {
    if (state !== "on") return;
    return sit({
      path,
      begin,
      snap: () => snap(LONGEST, 0.88),
      onStep: setStep,
      onEnd: (result) => {
        stop();
        setStep(null);
        if (result.problem) setRefusal(result);
        else passed.current(result);
      },
    });
  }, [state, snap, stop, path, begin]);
  const fault = refusal.problem || problem;
  const start = () => {
    setRefusal({ problem: "", lacksModel: false });
    if (fault && onAgain) onAgain();
    else void camera.start();
  };
  return (
    <div className="stack">
      <Mirror camera={camera} reading={null} shown={EVERYTHING} label="What your camera sees">
        {state === "on" ? (
          <Advice ask={capital(step?.instruction ?? "One moment…")} remedy={capital(step?.remedy ?? "")} leftS={step?.leftS ?? null} />
        ) : (
          <Off camera={camera} says={capital(isBusy ? "One moment…" : says)} problem={capital(fault)} verb={verb} onStart={start} isBusy={!!isBusy} />
        )}
      </Mirror>
      {step && <progress className="steps" max={step.of} value={step.done} aria-label="Steps done" />}
      {refusal.lacksModel && waysOn}
      {state !== "on" && children}
    </div>
  );
}
