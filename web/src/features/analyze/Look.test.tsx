import { act, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { show } from "@/test-app";
import { Look } from "./Look";
import { Picture } from "./Picture";

interface Watched {
  sheet: Element;
  tell: (isIntersecting: boolean) => void;
}
let watched: Watched[] = [];
const bitmap = vi.fn();

beforeEach(() => {
  watched = [];
  bitmap.mockReset().mockImplementation(async (_: File, { resizeWidth }: { resizeWidth: number }) => ({ width: resizeWidth, close }));
  vi.stubGlobal("createImageBitmap", bitmap);
  vi.stubGlobal("ResizeObserver", class { observe() {} disconnect() {} });
  vi.stubGlobal(
    "IntersectionObserver",
    class {
      constructor(private readonly tell: (seen: { isIntersecting: boolean }[]) => void) {}
      observe(sheet: Element) {
        watched.push({ sheet, tell: (isIntersecting) => this.tell([{ isIntersecting }]) });
      }
      disconnect() {}
    },
  );
  vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockReturnValue(null);
  vi.spyOn(HTMLCanvasElement.prototype, "clientWidth", "get").mockReturnValue(400);
  vi.spyOn(HTMLCanvasElement.prototype, "clientHeight", "get").mockReturnValue(300);
});
afterEach(() => vi.unstubAllGlobals());
const close = vi.fn();

test("every picture that was looked at can be seen, and stays what it is while others come", async () => {
  const files = Array.from({ length: 130 }, (_, at) => new File(["x"], `${at}.jpg`, { type: "image/jpeg" }));
  let open = () => {};
  const gate = new Promise<void>((done) => (open = done));
  let asked = 0;
  vi.stubGlobal("fetch", async () => {
    const name = `${asked++}.jpg`;
    if (asked > 1) await gate;
    return new Response(JSON.stringify({ items: [{ name, width: 4, height: 3, faces: [], problem: "" }] }), { headers: { "content-type": "application/json" } });
  });
  show(<Look />);
  const input = document.querySelector("input[type=file]");
  if (input) fireEvent.change(input, { target: { files } });
  fireEvent.click(screen.getByRole("button", { name: "Find faces" }));
  const first = await screen.findByRole("img", { name: /^0.jpg/ });
  open();
  expect(await screen.findByText("0 faces on 130 pictures")).toBeTruthy();
  expect(screen.getByText("60 of 130 pictures shown")).toBeTruthy();
  fireEvent.click(screen.getByRole("button", { name: "Show more" }));
  fireEvent.click(screen.getByRole("button", { name: "Show more" }));
  expect(screen.queryByRole("button", { name: "Show more" })).toBeNull();
  const sheets = document.querySelectorAll("canvas");
  expect(sheets).toHaveLength(130);
  expect(sheets[0]).toBe(first);
  expect(watched.filter(({ sheet }) => sheet === first)).toHaveLength(1);
  expect(bitmap).not.toHaveBeenCalled();
});

test("a picture is decoded no larger than it is shown, and put away once it is out of view", async () => {
  close.mockClear();
  const file = new File(["x"], "a.jpg");
  const { unmount } = render(<Picture file={file} found={{ name: "a.jpg", width: 6000, height: 4500, faces: [], problem: "" }} />);
  expect(bitmap).not.toHaveBeenCalled();
  await act(async () => watched[0]?.tell(true));
  expect(bitmap).toHaveBeenCalledExactlyOnceWith(file, expect.objectContaining({ resizeWidth: 400 }));
  expect(close).not.toHaveBeenCalled();
  await act(async () => watched[0]?.tell(false));
  expect(close).toHaveBeenCalledOnce();
  expect(document.querySelector("canvas")?.width).toBe(0);
  await act(async () => watched[0]?.tell(true));
  unmount();
  expect(close).toHaveBeenCalledTimes(2);
});
