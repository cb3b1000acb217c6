/** Several people who are chosen, each of whom can be left out again. */
import { X } from "lucide-react";
import { IconButton } from "@/shared/ui/controls";
import "./chosen.css";

interface ChosenProps<P> {
  label: string;
  people: readonly P[];
  nameOf: (person: P) => string;
  onChange: (people: P[]) => void;
}

export function Chosen<P extends { person_id: string }>({ label, people, nameOf, onChange }: ChosenProps<P>) {
  return (
    <ul className="row" aria-label={label}>
      {people.map((one) => (
        <li key={one.person_id} className="chip">
          {nameOf(one)}
          <IconButton hint={`Leave out ${nameOf(one)}`} onPress={() => onChange(people.filter((other) => other !== one))}>
            <X aria-hidden />
          </IconButton>
        </li>
      ))}
    </ul>
  );
}
