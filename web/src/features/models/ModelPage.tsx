/** One model: what it is for, what may be done with it, what was measured, and what it cannot do. */
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { ArrowLeft } from "lucide-react";
import { Fragment, type ReactNode } from "react";
import { api, told } from "@/shared/api/client";
import type { ModelPage as Card } from "@/shared/api/types";
import { Loaded, Page, Section } from "@/shared/ui/page";
import { bytes } from "@/shared/ui/words";
import { MeasuredTable, Measurements, Speeds } from "./Measurements";
import { ModelState } from "./ModelState";
import { Terms } from "./Terms";
import { figure, taskName } from "./words";
import "./models.css";

export default function ModelPage() {
  const { name } = useParams({ strict: false }) as { name: string };
  const found = useQuery({ queryKey: ["models", name], queryFn: () => told(api.GET("/api/v1/models/{name}", { params: { path: { name } } })) });
  return (
    <Page
      title={name}
      about={found.data?.description}
      tools={
        <Link to="/models" className="button">
          <ArrowLeft aria-hidden /> Models
        </Link>
      }
    >
      <Loaded of={found}>
        {(model) => (
          <>
            <div className="columns card-of-model">
              <About model={model} />
              <Terms model={model} />
            </div>
            <Measurements model={model} />
            <div className="columns card-of-model">
              {model.limits.length > 0 && (
                <Section title="Limits">
                  <Bullets of={model.limits} />
                </Section>
              )}
              <Speeds model={model} />
              <Files model={model} />
            </div>
            <Head head={model.quality_head} />
          </>
        )}
      </Loaded>
    </Page>
  );
}

/** Terms and what they say; what is empty is left out. */
function Facts({ of }: { of: [string, ReactNode][] }) {
  return (
    <dl className="facts">
      {of
        .filter(([, said]) => said)
        .map(([term, said]) => (
          <Fragment key={term}>
            <dt>{term}</dt>
            <dd>{said}</dd>
          </Fragment>
        ))}
    </dl>
  );
}

function About({ model }: { model: Card }) {
  const brings = [...Object.entries(model.thresholds), ...Object.entries(model.settings)];
  return (
    <Section title="What it is">
      <Facts
        of={[
          ["State", <ModelState key="state" model={model} />],
          ["Task", taskName(model.task)],
          ["Family", model.family],
          ["Named by", model.used_by.length > 0 && <span className="mono">{model.used_by.join(", ")}</span>],
          ["Takes", model.input],
          ["Says", model.labels.join(", ")],
          ["Precision", model.precision === "f32" ? "f32" : `${model.precision} where the processor has it`],
          ["Brings", brings.map(([key, value]) => `${key} ${figure(value)}`).join(", ")],
          ["Goes by", model.goes_by],
          ["To be given", model.to_be_given],
        ]}
      />
    </Section>
  );
}

function Bullets({ of }: { of: readonly string[] }) {
  return (
    <ul className="bullets">
      {of.map((one) => (
        <li key={one}>{one}</li>
      ))}
    </ul>
  );
}

function Head({ head }: { head: Card["quality_head"] }) {
  if (!head) return null;
  return (
    <Section title="Quality of pictures">
      <p>From its numbers for a face it also tells how good the picture is.</p>
      <Facts
        of={[
          ["Trained on", head.data],
          ["Licence", head.licence_weights],
          ["File", `${head.file.file}, ${bytes(head.file.size_bytes)}`],
        ]}
      />
      <MeasuredTable measured={head.measured} />
      <h3>Limits</h3>
      <Bullets of={head.limits} />
    </Section>
  );
}

function Files({ model }: { model: Card }) {
  if (!model.files.length) return null;
  return (
    <Section title="Files">
      {model.files.map((one) => (
        <Facts
          key={one.file}
          of={[
            ["File", `${one.file}, ${bytes(one.size_bytes)}`],
            ["From", one.sources.join("; ") || one.made_from || "mien itself"],
            ["SHA-256", <span key="digest" className="mono">{one.sha256}</span>],
          ]}
        />
      ))}
    </Section>
  );
}
