/** Canvases of tests: what is painted is heard by the functions that are given. */
import { vi } from "vitest";

/** Have every canvas call these, and do nothing else. */
export function useTestCanvas(heard: Record<string, (...given: never[]) => unknown>): void {
  const pen: Record<string, unknown> = { measureText: () => ({ width: 9 }), getTransform: () => ({ a: 1 }), canvas: { width: 320, height: 180 }, ...heard };
  const drawing = new Proxy(pen, { get: (own, name) => own[String(name)] ?? (() => {}), set: () => true });
  vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockReturnValue(drawing as unknown as ImageBitmapRenderingContext);
}
