import { fireEvent, render, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { Problem } from "@/shared/api/client";
import { FacePicture, Loaded } from "./page";

const loaded = (data: string | undefined, error: unknown = null) => render(<Loaded of={{ data, error, refetch: () => {} }}>{(found) => <p>{found}</p>}</Loaded>);

test("what could not be renewed stays, and that it is old is said", () => {
  loaded("Ada", new Problem(429, "Too much was asked."));
  expect(screen.getByText("Ada")).toBeTruthy();
  expect(screen.getByRole("note").textContent).toContain("as it was before. Too much was asked.");
  expect(screen.getByRole("button", { name: "Try again" })).toBeTruthy();
});

test.each([404, 403])("what is gone is not shown (%i)", (status) => {
  loaded("Ada", new Problem(status, "There is nobody."));
  expect(screen.queryByText("Ada")).toBeNull();
  expect(screen.getByRole("alert").textContent).toContain("There is nobody.");
});

test("before there is anything it waits, or says why not", () => {
  loaded(undefined);
  expect(screen.getByRole("status")).toBeTruthy();
  loaded(undefined, new Problem(0, "Nobody answers."));
  expect(screen.getByRole("alert")).toBeTruthy();
});

test("a picture that is gone is told as none, and another in its place is shown", () => {
  const { rerender } = render(<FacePicture id={3} label="Ada" />);
  fireEvent.error(screen.getByAltText("Ada"));
  expect(screen.getByRole("img", { name: "Ada: no picture is kept" })).toBeTruthy();
  rerender(<FacePicture id={4} label="Ada" />);
  expect(screen.getByAltText("Ada")).toBeTruthy();
});
