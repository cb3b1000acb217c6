import { cleanup, configure } from "@testing-library/react";
import { afterEach, vi } from "vitest";

configure({ asyncUtilTimeout: 10_000 }); // a machine that is busy otherwise fails no test
afterEach(cleanup);
vi.resetModules(); // files share a document, and nothing else that one of them has left behind

// jsdom has no CSS; dialogs ask it to escape their ids.
globalThis.CSS ??= { escape: (text: string) => text.replace(/[^\w-]/g, "\\$&") } as typeof CSS;
