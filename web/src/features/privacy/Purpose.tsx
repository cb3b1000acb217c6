/** What this deployment is for, and what follows. */
import { useQuery } from "@tanstack/react-query";
import { api, told } from "@/shared/api/client";
import { Badge, Loaded, Notice } from "@/shared/ui/page";

export function Purpose() {
  const found = useQuery({ queryKey: ["privacy", "purpose"], queryFn: () => told(api.GET("/api/v1/privacy/purpose")) });
  return (
    <Loaded of={found}>
      {(purpose) => (
        <div className="card stack">
          <dl className="facts">
            <dt>Purpose</dt>
            <dd>
              <strong>{purpose.purpose}</strong>: {purpose.meaning}
            </dd>
            {purpose.basis && (
              <>
                <dt>Basis</dt>
                <dd>
                  {purpose.basis}, written down in {purpose.reference}
                </dd>
              </>
            )}
            <dt>Apparent expressions</dt>
            <dd>{purpose.expressions ? <Badge tone="good">are read</Badge> : <Badge tone="warning">are not read</Badge>}</dd>
            <dt>Strangers</dt>
            <dd>{purpose.blur_strangers ? "are blurred" : "are not blurred"}, in live pictures, and in videos, pictures and reports that are written out</dd>
          </dl>
          {purpose.why_not && <Notice>{purpose.why_not}</Notice>}
          <p className="muted small">
            An apparent expression says what a face looks like to a camera, not what somebody feels. The EU AI Act (Regulation 2024/1689, art. 5(1)(f)) forbids to infer
            emotions at work and in education. The purpose is declared under privacy.purpose in the settings.
          </p>
        </div>
      )}
    </Loaded>
  );
}
