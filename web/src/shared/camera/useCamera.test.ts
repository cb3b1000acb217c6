import { act, renderHook } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { useCamera } from "./useCamera";

afterEach(() => Reflect.deleteProperty(navigator, "mediaDevices"));

/** A browser that asks for permission until it is answered. */
function asks() {
  const track = { stop: vi.fn(), addEventListener: vi.fn() };
  let answer: { allow: () => void; refuse: () => void } | null = null;
  const getUserMedia = () =>
    new Promise((resolve, reject) => {
      answer = {
        allow: () => resolve({ getTracks: () => [track], getVideoTracks: () => [track] }),
        refuse: () => reject(new DOMException("", "NotAllowedError")),
      };
    });
  Object.defineProperty(navigator, "mediaDevices", { value: { getUserMedia }, configurable: true });
  return { track, answer: () => answer! };
}

test("a camera that is allowed after its page was left is switched off at once", async () => {
  const { track, answer } = asks();
  const shown = renderHook(useCamera);
  act(() => void shown.result.current.start());
  shown.unmount();
  await act(async () => answer().allow());
  expect(track.stop).toHaveBeenCalledOnce();
});

test("whoever stops before the browser has asked has no camera on, whatever is answered", async () => {
  const { track, answer } = asks();
  const shown = renderHook(useCamera);
  act(() => void shown.result.current.start());
  act(() => shown.result.current.stop());
  await act(async () => answer().allow());
  expect(track.stop).toHaveBeenCalledOnce();
  act(() => void shown.result.current.start());
  act(() => shown.result.current.stop());
  await act(async () => answer().refuse());
  expect(shown.result.current).toMatchObject({ state: "off", problem: "" });
});

test("a camera that is allowed in time is on until its page is left", async () => {
  const { track, answer } = asks();
  const shown = renderHook(useCamera);
  act(() => void shown.result.current.start());
  await act(async () => answer().allow());
  expect(shown.result.current.state).toBe("on");
  expect(track.stop).not.toHaveBeenCalled();
  shown.unmount();
  expect(track.stop).toHaveBeenCalledOnce();
});
