import { render, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import type { PersonLine, Timelines } from "@/shared/api/types";
import { Difference } from "./Difference";


test("two people are told apart in points of likelihood, which are not the shares of looks above", () => {
  const line = (person_id: string, name: string) => ({ person_id, name, points: [] }) as unknown as PersonLine;
  const whole = { probabilities: { happiness: 0.1, neutral: -0.074, fear: 0.001 }, distance: 0.15, valence: null, arousal: null };
  const told = { span: "hour", from: "2026-03-01T00:00:00Z", to: "2026-03-01T02:00:00Z" } as Timelines;
  render(<Difference told={told} comparison={{ whole, points: [] } as unknown as NonNullable<Timelines["comparison"]>} first={line("person-0001", "Ann")} second={line("person-0002", "Bob")} />);
  expect(screen.getByText("Bob differs from Ann by 15 points altogether: happiness +10 points, neutral −7 points.")).toBeTruthy();
  expect(screen.getByText(/difference of the average likelihood .* shares of looks/)).toBeTruthy();
  expect(screen.getByLabelText("Compared").textContent).not.toContain("%");
});
