/** Shows one's face to the service, step by step, and enters with what it gives. */
import { useMutation } from "@tanstack/react-query";
import { Camera } from "lucide-react";
import { useEffect, useState } from "react";
import { api, told } from "@/shared/api/client";
import { useEnter } from "@/shared/api/session";
import { Advice } from "@/shared/camera/Advice";
import { Mirror } from "@/shared/camera/Mirror";
import { sit, type Step } from "@/shared/camera/sitting";
import { useCamera } from "@/shared/camera/useCamera";
import { EVERYTHING } from "@/shared/face/overlay";
import { Button } from "@/shared/ui/controls";
import { capital } from "@/shared/ui/words";

const LONGEST = 960;

interface SittingProps {
  path: "/session/face" | "/signup/camera";
  ticket?: string;
  hint: string;
  onRefused?: () => void;
}

export default function Sitting({ path, ticket, hint, onRefused }: SittingProps) {
  const camera = useCamera();
  const enter = useEnter();
  const [step, setStep] = useState<Step | null>(null);
  const [problem, setProblem] = useState("");
  const claim = useMutation({
    mutationFn: (given: string) => told(api.POST("/api/v1/session/face", { body: { ticket: given } })),
    onSuccess: (found) => {
      history.replaceState(history.state, "", location.pathname + location.search); // an invitation is used up
      enter(found);
    },
    onError: (error) => setProblem(error.message),
  });
  const { state, snap, stop } = camera;
  const { mutate } = claim;
  useEffect(() => {
    if (state !== "on") return;
    return sit({
      path,
      ...(ticket ? { begin: ticket } : {}),
      snap: () => snap(LONGEST, 0.88),
      onStep: setStep,
      onEnd: (result) => {
        stop();
        setStep(null);
        if (result.ticket) mutate(result.ticket);
        else setProblem(result.problem);
      },
    });
  }, [state, snap, stop, mutate, path, ticket]);
  const start = () => {
    setProblem("");
    if (problem && onRefused) onRefused();
    else void camera.start();
  };
  return (
    <div className="stack">
      <Mirror camera={camera} reading={null} shown={EVERYTHING} label="What your camera sees">
        {state === "on" ? (
          <Advice ask={capital(step?.instruction ?? "One moment…")} remedy={capital(step?.remedy ?? "")} leftS={step?.leftS ?? null} />
        ) : (
          <div className="off">
            <Camera aria-hidden />
            <p role={problem ? "alert" : "status"}>{capital(problem || camera.problem || (claim.isPending ? "One moment…" : hint))}</p>
            {!claim.isPending && (
              <Button look="main" onPress={start} isDisabled={state === "starting"}>
                {problem ? "Try again" : "Show my face"}
              </Button>
            )}
          </div>
        )}
      </Mirror>
      {step && <progress className="steps" max={step.of} value={step.done} aria-label="Steps done" />}
    </div>
  );
}
