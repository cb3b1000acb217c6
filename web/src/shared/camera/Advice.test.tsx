import { act, render } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Advice } from "./Advice";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("a countdown is not said, and a remedy only once it stands", () => {
  const { container, rerender } = render(<Advice ask="Nod" remedy="" leftS={4} />);
  const said = () => [...container.querySelectorAll("[aria-live]")].map((one) => one.textContent).join("; ");
  expect(said()).toBe("Nod; ");
  for (let frame = 0; frame < 20; frame++) {
    rerender(<Advice ask="Nod" remedy={frame % 2 ? "Come closer" : "Hold still"} leftS={4 - frame / 10} />);
    act(() => void vi.advanceTimersByTime(100));
    expect(said()).toBe("Nod; ");
  }
  expect(container.textContent).toContain(" 3 s");
  rerender(<Advice ask="Nod" remedy="Come closer" leftS={2} />);
  act(() => void vi.advanceTimersByTime(1500));
  expect(said()).toBe("Nod; Come closer");
  rerender(<Advice ask="Turn your head" remedy="" leftS={2} />);
  expect(said()).toContain("Turn your head");
});
