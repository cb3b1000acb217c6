/** A timeline as stacked columns, of differences also below zero; hatched where evidence is insufficient, empty where nobody was seen. */
import { useEffect, useRef, useState } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import "./timeline.css";
import type { Span } from "@/shared/api/types";
import { paintOf } from "@/shared/face/expressions";
import { type Column, columnAt, LENGTH_MS, signed } from "./shares";

interface ChartProps {
  columns: readonly Column[];
  span: Span;
  label: string;
  height?: number;
  /** Of differences: up to where the scale goes on either side of zero. */
  reach?: number | undefined;
  /** Lines of valence and arousal take the place of the columns. */
  hasLines?: boolean;
  tell?: (column: Column) => string;
}

export function Chart({ columns, span, label, height = 190, reach, hasLines = false, tell }: ChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState<number | null>(null);
  useEffect(() => {
    const place = box.current;
    if (!place || !columns.length) return;
    let plot: uPlot | null = null;
    const draw = () => {
      plot?.destroy();
      const lines = hasLines ? [columns.map((one) => one.valence), columns.map((one) => one.arousal)] : [];
      plot = new uPlot(options({ place, columns, span, height, reach, hasLines }, setAt), [columns.map((one) => (one.at + LENGTH_MS[span] / 2) / 1000), columns.map(() => 1), ...lines], place);
      plot.root.querySelectorAll("canvas").forEach((one) => one.setAttribute("aria-hidden", "true"));
    };
    draw();
    const watcher = new ResizeObserver(() => plot && plot.width !== place.clientWidth && draw());
    watcher.observe(place);
    const colours = new MutationObserver(draw);
    colours.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    const system = matchMedia("(prefers-color-scheme: dark)");
    system.addEventListener("change", draw);
    return () => {
      watcher.disconnect();
      colours.disconnect();
      system.removeEventListener("change", draw);
      plot?.destroy();
    };
  }, [columns, span, height, reach, hasLines]);
  const shown = at === null ? null : columns[at];
  const step = (by: number) => setAt((now) => Math.min(columns.length - 1, Math.max(0, (now ?? (by > 0 ? -1 : columns.length)) + by)));
  const told = shown ? columnAt(shown, span, tell) : `Point at a column, or use the arrow keys.${span === "day" ? " Days are days in UTC." : ""}`;
  return (
    <figure className="chart">
      <div
        ref={box}
        role="slider"
        tabIndex={0}
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={Math.max(0, columns.length - 1)}
        aria-valuenow={at ?? 0}
        aria-valuetext={told}
        onKeyDown={(event) => {
          if (event.key === "ArrowRight" || event.key === "ArrowLeft") {
            event.preventDefault();
            step(event.key === "ArrowRight" ? 1 : -1);
          }
        }}
      />
      <figcaption className="small muted number">{told}</figcaption>
    </figure>
  );
}

type Drawn = Pick<ChartProps, "columns" | "span" | "reach"> & { place: HTMLElement; height: number; hasLines: boolean };

function options({ place, columns, span, height, reach, hasLines }: Drawn, onAt: (at: number | null) => void): uPlot.Options {
  const styles = getComputedStyle(place);
  const line = styles.getPropertyValue("--line").trim();
  const text = styles.getPropertyValue("--muted").trim();
  const axis = { stroke: text, grid: { stroke: line, width: 1 }, ticks: { show: false }, font: "12px system-ui, sans-serif" };
  const first = columns[0];
  const last = columns.at(-1);
  return {
    width: Math.max(120, place.clientWidth),
    height,
    legend: { show: false },
    ...(span === "day" ? { tzDate: (at: number) => uPlot.tzDate(new Date(at * 1000), "UTC") } : {}),
    cursor: { y: false, drag: { x: false, y: false }, points: { show: false } },
    scales: { x: { time: true, range: () => [(first?.at ?? 0) / 1000, ((last?.at ?? 0) + LENGTH_MS[span]) / 1000] }, y: { range: [reach ? -reach : 0, reach ?? 1] } },
    axes: [
      { ...axis, size: 40 },
      { ...axis, size: 56, splits: () => (reach ? [-reach, 0, reach] : [0, 0.5, 1]), values: (_, marks) => marks.map((mark) => (hasLines ? mark.toFixed(1) : reach ? (mark ? signed(mark) : "0") : `${Math.round(mark * 100)} %`)) },
    ],
    series: [
      {},
      { show: true, paths: () => null, points: { show: false } },
      ...(hasLines ? [{ stroke: styles.getPropertyValue("--accent").trim(), width: 2 }, { stroke: styles.getPropertyValue("--text").trim(), width: 2, dash: [5, 4] }] : []),
    ],
    hooks: {
      drawAxes: [(plot) => paintColumns(plot, { columns, span, reach, hasLines }, styles)],
      setCursor: [(plot) => onAt(plot.cursor.idx ?? null)],
    },
  };
}

function paintColumns(plot: uPlot, { columns, span, reach, hasLines }: Omit<Drawn, "place" | "height">, styles: CSSStyleDeclaration): void {
  const pen = plot.ctx;
  pen.save();
  const hatch = hatching(pen, styles.getPropertyValue("--line-strong").trim());
  const top = plot.valToPos(reach ?? 1, "y", true);
  const zero = plot.valToPos(0, "y", true);
  const bottom = plot.valToPos(reach ? -reach : 0, "y", true);
  const unit = (zero - top) / (reach ?? 1);
  for (const column of columns) {
    const left = plot.valToPos(column.at / 1000, "x", true);
    const right = plot.valToPos((column.at + LENGTH_MS[span]) / 1000, "x", true);
    const gap = right - left > 6 ? 1 : 0;
    const wide = Math.max(1, right - left - gap);
    if (column.kind === "insufficient" && hatch) {
      pen.fillStyle = hatch;
      pen.fillRect(left, top, wide, bottom - top);
    }
    if (column.kind !== "said" || hasLines) continue;
    let [y, below] = [zero, zero];
    for (const [label, share] of column.shares) {
      const high = Math.abs(share) * unit;
      pen.fillStyle = paintOf(label, styles);
      pen.fillRect(left, share < 0 ? below : y - high, wide, high);
      if (share < 0) below += high;
      else y -= high;
    }
    if (reach) continue;
    pen.fillStyle = styles.getPropertyValue("--sunken").trim();
    pen.fillRect(left, top, wide, Math.max(0, y - top));
  }
  if (reach) {
    pen.fillStyle = styles.getPropertyValue("--line-strong").trim();
    pen.fillRect(plot.bbox.left, zero - 0.5, plot.bbox.width, 1);
  }
  pen.restore();
}

function hatching(pen: CanvasRenderingContext2D, colour: string): CanvasPattern | null {
  const tile = document.createElement("canvas");
  tile.width = tile.height = 8;
  const ink = tile.getContext("2d");
  if (!ink) return null;
  ink.strokeStyle = colour;
  ink.lineWidth = 1.2;
  ink.beginPath();
  for (const shift of [-8, 0, 8]) {
    ink.moveTo(shift, 8);
    ink.lineTo(shift + 8, 0);
  }
  ink.stroke();
  return pen.createPattern(tile, "repeat");
}
