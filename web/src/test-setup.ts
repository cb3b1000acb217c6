import { cleanup, configure } from "@testing-library/react";
import { afterEach } from "vitest";
import { closeToasts } from "@/shared/ui/toasts";

configure({ asyncUtilTimeout: 10_000 }); // a machine that is busy otherwise fails no test
afterEach(() => {
  cleanup();
  closeToasts(); // all files share one document
});

// jsdom has no CSS; dialogs ask it to escape their ids.
globalThis.CSS ??= { escape: (text: string) => text.replace(/[^\w-]/g, "\\$&") } as typeof CSS;
