/** The networks there are: what each is for, which are used, which are installed, how right and how fast they are. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Boxes } from "lucide-react";
import { api, told } from "@/shared/api/client";
import { allPages } from "@/shared/api/pages";
import type { Model } from "@/shared/api/types";
import { Empty, Loaded, Page } from "@/shared/ui/page";
import { bytes } from "@/shared/ui/words";
import { ModelState } from "./ModelState";
import { byTask, figure, taskName, useName } from "./words";
import "./models.css";

export default function ModelsPage() {
  const found = useQuery({ queryKey: ["models"], queryFn: () => allPages((query) => told(api.GET("/api/v1/models", { params: { query } }))) });
  return (
    <Page title="Models" about="The networks that look at pictures. All of them run on this machine; those that are not fetched yet are fetched when they are first used.">
      <Loaded of={found}>
        {(items) =>
          items.length ? (
            byTask(items).map(([task, own]) => (
              <section key={task} className="card stack" aria-labelledby={`task-${task}`}>
                <h2 id={`task-${task}`}>{taskName(task)}</h2>
                <ul className="models">
                  {own.map((one) => (
                    <Row key={one.name} model={one} />
                  ))}
                </ul>
              </section>
            ))
          ) : (
            <Empty icon={Boxes} title="No model">
              The catalogue of this mien is empty: install mien anew.
            </Empty>
          )
        }
      </Loaded>
    </Page>
  );
}

function Row({ model }: { model: Model }) {
  const facts = [
    model.headline && `${model.headline.what}: ${figure(model.headline.value)}`,
    model.ms !== null && `${model.ms.toFixed(1)} ms here`,
    model.size_bytes > 0 && bytes(model.size_bytes),
    useName(model.allowed_use),
  ].filter(Boolean);
  return (
    <li>
      <div>
        <Link to="/models/$name" params={{ name: model.name }}>
          {model.name}
        </Link>
        <p className="muted small">{model.description}</p>
      </div>
      <div>
        <ModelState model={model} />
        <p className="muted small number">{facts.join(" · ")}</p>
      </div>
    </li>
  );
}
