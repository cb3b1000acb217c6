/** What every screen is made of: its head, its waiting and failing, its empty places. */
import { CircleAlert, type LucideIcon, TriangleAlert, UserRound } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import { isGone, pictureUrl } from "@/shared/api/client";
import { Button } from "./controls";

export function Page({ title, about, tools, children }: { title: string; about?: ReactNode; tools?: ReactNode; children: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · mien`;
  }, [title]);
  return (
    <div className="page">
      <header className="page-head">
        <div>
          <h1>{title}</h1>
          {about && <p>{about}</p>}
        </div>
        {tools && <div className="row">{tools}</div>}
      </header>
      {children}
    </div>
  );
}

export function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="card stack" aria-label={title}>
      <h2>{title}</h2>
      {children}
    </section>
  );
}

export function Empty({ icon: Icon, title, children, action }: { icon: LucideIcon; title: string; children: ReactNode; action?: ReactNode }) {
  return (
    <div className="empty">
      <Icon aria-hidden />
      <h2>{title}</h2>
      <p>{children}</p>
      {action}
    </div>
  );
}

export function Badge({ tone = "", children }: { tone?: "good" | "warning" | "danger" | "accent" | ""; children: ReactNode }) {
  return <span className={`badge ${tone}`}>{children}</span>;
}

export function Notice({ tone = "", children }: { tone?: "warning" | "danger" | ""; children: ReactNode }) {
  const Icon = tone === "danger" ? CircleAlert : TriangleAlert;
  return (
    <div className={`notice ${tone}`} role={tone === "danger" ? "alert" : "note"}>
      <Icon aria-hidden />
      <div>{children}</div>
    </div>
  );
}

export function Waiting({ what = "Loading" }: { what?: string }) {
  return (
    <div className="waiting" role="status">
      <div className="spinner" aria-hidden />
      <span className="unseen">{what}</span>
    </div>
  );
}

export function Failure({ error, again, isOld }: { error: unknown; again?: () => void; isOld?: boolean }) {
  return (
    <Notice tone={isOld ? "warning" : "danger"}>
      <div className="row">
        <span>
          {isOld && "This is as it was before. "}
          {error instanceof Error ? error.message : "Something went wrong."}
        </span>
        {again && <Button onPress={again}>Try again</Button>}
      </div>
    </Notice>
  );
}

interface Found<T> {
  data: T | undefined;
  error: unknown;
  refetch: () => unknown;
}

/** Shows what a query found, or that it waits, or why it failed; what could not be renewed stays, unless it is gone. */
export function Loaded<T>({ of, children }: { of: Found<T>; children: (found: T) => ReactNode }) {
  const again = () => void of.refetch();
  if (of.data === undefined || isGone(of.error)) return of.error ? <Failure error={of.error} again={again} /> : <Waiting />;
  return (
    <>
      {of.error ? <Failure error={of.error} again={again} isOld /> : null}
      {children(of.data)}
    </>
  );
}

export function FacePicture({ id, label, isLittle }: { id: number | null; label: string; isLittle?: boolean }) {
  const [gone, setGone] = useState<number | null>(null);
  const look = isLittle ? "face little" : "face";
  if (id === null || id === gone)
    return (
      <span className={`${look} none`} role="img" aria-label={label ? `${label}: no picture is kept` : "No picture is kept"}>
        <UserRound aria-hidden />
      </span>
    );
  return <img className={look} src={pictureUrl(id)} alt={label} loading="lazy" decoding="async" onError={() => setGone(id)} />;
}
