/** Shows one's face to the service, step by step, and enters with what it gives. */
import { useMutation } from "@tanstack/react-query";
import { api, told } from "@/shared/api/client";
import { useEnter } from "@/shared/api/session";
import { Seat } from "@/shared/camera/Seat";
import type { Place } from "@/shared/camera/sitting";

interface SittingProps extends Place {
  hint: string;
  onRefused?: () => void;
}

export default function Sitting({ path, begin, hint, onRefused }: SittingProps) {
  const enter = useEnter();
  const claim = useMutation({
    mutationFn: (ticket: string) => told(api.POST("/api/v1/session/face", { body: { ticket } })),
    onSuccess: (found) => {
      history.replaceState(history.state, "", location.pathname + location.search); // an invitation is used up
      enter(found);
    },
  });
  return (
    <Seat
      path={path}
      {...(begin ? { begin } : {})}
      says={hint}
      verb="Show my face"
      problem={claim.error?.message ?? ""}
      isBusy={claim.isPending}
      onPassed={({ ticket }) => claim.mutate(ticket)}
      {...(onRefused ? { onAgain: onRefused } : {})}
    />
  );
}
