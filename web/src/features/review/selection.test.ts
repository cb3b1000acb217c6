import { act, renderHook } from "@testing-library/react";
import { expect, test } from "vitest";
import { MOST, useSelection } from "./selection";

const IDS = Array.from({ length: MOST + 2 }, (_, number) => `one ${number}`);
const LAST = `one ${MOST + 1}`;

test("no more is selected at once than can be decided about, what was chosen by hand first, and that is told", () => {
  const { result } = renderHook(() => useSelection(IDS));
  expect(result.current.told).toBeFalsy();
  act(() => result.current.select(LAST));
  expect(result.current.told).toBe("1 selected");
  act(() => result.current.commands.all());
  expect(result.current.told).toBe("200 selected, the most at once");
  expect(result.current.meant).toEqual([...IDS.slice(0, MOST - 1), LAST]);
  act(() => result.current.select(IDS[MOST] ?? ""));
  expect(result.current.selected).toHaveLength(MOST);
  act(() => result.current.select(LAST));
  act(() => result.current.select(IDS[MOST] ?? ""));
  expect(result.current.meant).toEqual([...IDS.slice(0, MOST - 1), IDS[MOST]]);
  act(() => result.current.commands.none());
  expect(result.current.told).toBeFalsy();
});
