import { cleanup } from "@testing-library/react";
import { afterEach } from "vitest";

afterEach(cleanup);

globalThis.CSS ??= { escape: (text: string) => text } as typeof CSS; // which jsdom has not, and dialogs ask for
