import { cleanup, configure } from "@testing-library/react";
import { afterEach, vi } from "vitest";
import { live } from "@/shared/live/connection";
import { closeToasts } from "@/shared/ui/toasts";
import { leavePlace, withoutRouter } from "./test-router";

vi.mock("@tanstack/react-router", async (original) => withoutRouter(await original()));
vi.mock("uplot", () => ({ default: class {} })); // jsdom draws nothing

// A machine that is busy otherwise fails no test.
const PATIENCE_MS = 10_000;
configure({ asyncUtilTimeout: PATIENCE_MS });
const { waitFor } = vi;
vi.waitFor = (callback, options = PATIENCE_MS) => waitFor(callback, options);

afterEach(() => {
  cleanup();
  leavePlace();
  closeToasts(); // all files share one document
  live.rest(); // and one connection: the next test would join the socket of the last
});

// jsdom has no CSS; dialogs ask it to escape their ids.
globalThis.CSS ??= { escape: (text: string) => text.replace(/[^\w-]/g, "\\$&") } as typeof CSS;
