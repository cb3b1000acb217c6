import { expect, test } from "vitest";
import { peopleOf } from "./folders";

function file(path: string): File {
  const made = new File(["x"], path.split("/").at(-1) ?? "");
  Object.defineProperty(made, "webkitRelativePath", { value: path });
  return made;
}

const named = (...paths: string[]) => Object.fromEntries([...peopleOf(paths.map(file))].map(([name, own]) => [name, own.map((one) => one.path)]));

test("each folder within the chosen one is a person, however deep the pictures lie", () => {
  expect(named("team/Ada/10.jpg", "team/Ada/2.jpg", "team/Ada/2020/summer/1.jpg", "team/Bo/1.jpg")).toEqual({
    Ada: ["Ada/2.jpg", "Ada/10.jpg", "Ada/2020/summer/1.jpg"],
    Bo: ["Bo/1.jpg"],
  });
});

test("a chosen folder that has pictures alone is one person", () => {
  expect(named("Ada/1.jpg", "Ada/2.jpg")).toEqual({ Ada: ["Ada/1.jpg", "Ada/2.jpg"] });
});

test("of several folders that are dropped at once each is a person, or holds some", () => {
  expect(named("Bo/1.jpg", "Ada/1.jpg", "team/Cleo/1.jpg")).toEqual({ Ada: ["Ada/1.jpg"], Bo: ["Bo/1.jpg"], Cleo: ["Cleo/1.jpg"] });
});

test("what lies beside the folders of people is nobody's, and what is hidden is not there", () => {
  expect(named("team/group.jpg", "team/Ada/1.jpg", "team/Ada/._1.jpg", "team/.thumbs/1.jpg")).toEqual({ Ada: ["Ada/1.jpg"] });
  expect(peopleOf([file("1.jpg")]).size).toBe(0);
});
