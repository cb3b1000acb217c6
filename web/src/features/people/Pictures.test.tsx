import { expect, test, vi } from "vitest";
import type { PictureCard } from "@/shared/api/types";
import { oddOnes, unlike } from "./Pictures";

vi.mock("@tanstack/react-router", () => ({ useNavigate: () => () => {} }));

const picture = (number: number, origin = "") => ({ picture_id: number, origin }) as PictureCard;
const groups = (...all: number[][]) => all.map((picture_ids) => ({ picture_ids }));

test("unlike the others is what does not show the face that most pictures show", () => {
  expect(oddOnes(groups([1, 2, 4], [3], [5]))).toEqual([3, 5]);
  expect(oddOnes(groups([1, 2, 3]))).toEqual([]);
  expect(oddOnes([])).toEqual([]);
});

test("where no face is on most pictures nothing tells which are wrong", () => {
  expect(oddOnes(groups([1], [2]))).toEqual([]);
  expect(oddOnes(groups([1, 2], [3], [4]))).toEqual([]);
});

test("a single one is named, several are counted", () => {
  expect(unlike([picture(3, "ann-3.jpg")])).toMatch(/^The face on ann-3.jpg is unlike the others. Look whether it is/);
  expect(unlike([picture(3)])).toMatch(/^The face on 1 picture is/);
  expect(unlike([picture(3, "a"), picture(5, "b")])).toMatch(/^The faces on 2 pictures are unlike the others. Look whether they are/);
});
