import { expect, test } from "vitest";
import { peopleOf } from "./folders";

function file(path: string): File {
  const made = new File(["x"], path.split("/").at(-1) ?? "");
  Object.defineProperty(made, "webkitRelativePath", { value: path });
  return made;
}

const named = (...paths: string[]) => Object.fromEntries([...peopleOf(paths.map(file))].map(([name, own]) => [name, own.length]));

test("each folder within the chosen one is a person", () => {
  expect(named("team/Ada/1.jpg", "team/Ada/2.jpg", "team/Bo/1.jpg")).toEqual({ Ada: 2, Bo: 1 });
});

test("a chosen folder that has pictures alone is one person", () => {
  expect(named("Ada/1.jpg", "Ada/2.jpg")).toEqual({ Ada: 2 });
});

test("what lies beside the folders of people is nobody's", () => {
  expect(named("team/group.jpg", "team/Ada/1.jpg")).toEqual({ Ada: 1 });
  expect(peopleOf([file("1.jpg")]).size).toBe(0);
});
