import { fireEvent, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { expect, test, vi } from "vitest";
import type { Period } from "./queries";
import { show } from "@/test-app";
import { Range } from "./Range";

const at = (text: string) => new Date(text).getTime();
const START: Period = { begin: at("2026-03-01T00:00"), end: at("2026-03-08T00:00"), span: "hour" };

function open() {
  const onChange = vi.fn(), onFault = vi.fn();
  function Held() {
    const [period, setPeriod] = useState(START);
    return (
      <Range
        period={period}
        onFault={onFault}
        onChange={(next) => {
          onChange(next);
          setPeriod(next);
        }}
      />
    );
  }
  show(<Held />);
  const field = (label: string) => screen.getByLabelText(label) as HTMLInputElement;
  const type = (label: string, ...texts: string[]) => texts.forEach((value) => fireEvent.change(field(label), { target: { value } }));
  return { onChange, field, type, isFaulty: () => onFault.mock.lastCall?.[0] as boolean };
}

test("a date is typed key by key, and asked for when it is whole", () => {
  const { onChange, field, type } = open();
  type("From", "0002-01-15T00:00", "0020-01-15T00:00", "0202-01-15T00:00", "2026-01-15T00:00");
  expect(field("From").value).toBe("2026-01-15T00:00");
  expect(onChange).not.toHaveBeenCalled();
  fireEvent.keyDown(field("From"), { key: "Enter" });
  expect(onChange).toHaveBeenCalledExactlyOnceWith({ begin: at("2026-01-15T00:00"), end: START.end, span: "day" });
});

test("what is wrong is said and stays typed; with the other date it may come right", () => {
  const { onChange, field, type } = open();
  type("To", "2026-01-20T00:00");
  fireEvent.blur(field("To"));
  expect(screen.getByText("This is not after From.")).toBeTruthy();
  expect(field("To").value).toBe("2026-01-20T00:00");
  type("From", "2026-01-15T00:00");
  fireEvent.blur(field("From"));
  expect(onChange).toHaveBeenCalledExactlyOnceWith({ begin: at("2026-01-15T00:00"), end: at("2026-01-20T00:00"), span: "hour" });
  expect(screen.queryByText("This is not after From.")).toBeNull();
});

test("that nothing can be made of what is typed is told, until something can", () => {
  const { onChange, field, type, isFaulty } = open();
  expect(isFaulty()).toBe(false);
  type("From", "2010-01-15T00:00");
  expect(isFaulty()).toBe(true);
  expect(screen.queryByText(/At most/)).toBeNull();
  fireEvent.blur(field("From"));
  expect(screen.getByText(/At most/)).toBeTruthy();
  type("From", "2011-01-15T00:00");
  expect(isFaulty()).toBe(true);
  type("From", "2026-01-15T00:00");
  expect(isFaulty()).toBe(false);
  expect(screen.queryByText(/At most/)).toBeNull();
  expect(onChange).not.toHaveBeenCalled();
  fireEvent.blur(field("From"));
  expect(onChange).toHaveBeenCalledExactlyOnceWith({ begin: at("2026-01-15T00:00"), end: START.end, span: "day" });
});

test("a date of another millennium is not asked for, nor half a one", () => {
  const { onChange, field, type } = open();
  type("From", "0002-01-15T00:00");
  fireEvent.blur(field("From"));
  expect(screen.getByText(/At most 2.000 days are shown/)).toBeTruthy();
  type("From", "");
  fireEvent.blur(field("From"));
  expect(screen.getByText("A whole date and time is needed.")).toBeTruthy();
  expect(onChange).not.toHaveBeenCalled();
});

test("looking at a date without typing changes nothing", () => {
  const { onChange, field } = open();
  fireEvent.focus(field("From"));
  fireEvent.blur(field("From"));
  fireEvent.keyDown(field("From"), { key: "Enter" });
  expect(onChange).not.toHaveBeenCalled();
});

test("a time up to now is chosen by its name, until a date is typed", async () => {
  const { onChange, field, type } = open();
  const chosen = () => screen.getByRole("button", { name: /Period$/ }).textContent;
  expect(chosen()).toBe("As dated");
  type("From", "2026-03-09T00:00");
  fireEvent.blur(field("From"));
  expect(screen.getByText("This is not before To.")).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: /Period$/ }));
  await userEvent.click(await screen.findByRole("option", { name: "The last hour" }));
  expect(onChange.mock.lastCall?.[0]).toMatchObject({ span: "minute", preset: "1h" });
  expect(Date.now() + 60_000 - onChange.mock.lastCall?.[0].end).toBeLessThan(120_000);
  expect(chosen()).toBe("The last hour");
  expect(screen.queryByText("This is not before To.")).toBeNull();
  type("From", "2026-01-15T00:00");
  fireEvent.blur(field("From"));
  expect(chosen()).toBe("As dated");
});
