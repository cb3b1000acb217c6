import { render } from "@testing-library/react";
import { expect, test } from "vitest";
import type { FaceReading } from "@/shared/api/types";
import { FaceCard } from "./FaceCard";


const STRANGER = { track_id: 1, identity: "unknown", person_id: "unknown-0001", person_name: "", quality: 0.9, emotion: "fear", emotion_smoothed: "fear", emotion_labels: ["fear"], probabilities: [1] } as unknown as FaceReading;

test("of who is ignored it tells neither the id nor an expression", () => {
  expect(render(<FaceCard face={STRANGER} />).container.textContent).toMatch(/unknown-0001.*fear/);
  expect(render(<FaceCard face={{ ...STRANGER, is_ignored: true }} />).container.textContent).toBe("Somebody whom nobody wants to hear of: ignored");
});
