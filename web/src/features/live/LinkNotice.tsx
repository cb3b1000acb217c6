/** Says where nothing comes, and why: the connection, or the engine behind it. */
import { useEngine, useLink } from "@/shared/live/useLive";
import { Notice } from "@/shared/ui/page";

export function LinkNotice() {
  const link = useLink();
  const { phase, detail } = useEngine();
  if (link === "lost") return <Notice tone="warning">The connection is lost. It is tried again by itself.</Notice>;
  if (phase === "preparing") return <Notice>mien is getting ready{detail && `: ${detail}`}…</Notice>;
  if (phase === "failed" || phase === "closed") return <Notice tone="danger">No camera is watched{detail && `: ${detail}`}.</Notice>;
  return null;
}
