import { expect, test } from "vitest";
import type { Model } from "@/shared/api/types";
import { byTask, figure, interval } from "./words";

const model = (name: string, task: Model["task"], ...used_by: string[]) => ({ name, task, used_by }) as Model;

test("models stand under their tasks, in their order, those in use first", () => {
  const found = byTask([model("a", "detection"), model("b", "pose"), model("c", "detection", "detection"), model("d", "detection", "cameras.x")]);
  expect(found.map(([task, own]) => [task, own.map((one) => one.name)])).toEqual([
    ["detection", ["c", "d", "a"]],
    ["pose", ["b"]],
  ]);
});

test("numbers keep four digits that count, and no zeros behind them", () => {
  expect([0.9977, 5923194, 0.5, 0.123456, 1e-5].map(figure)).toEqual(["0.9977", "5923000", "0.5", "0.1235", "0.00001"]);
  expect(interval({ what: "", value: 1, on: "", interval: { low: 0.99471, high: 0.999 } })).toBe("0.9947 to 0.999");
  expect(interval({ what: "", value: 1, on: "", interval: null })).toBe("");
});
