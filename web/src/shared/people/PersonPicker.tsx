/** Chooses one of the people by the beginning of a name, with their pictures. */
import { useQuery } from "@tanstack/react-query";
import { useDeferredValue, useState } from "react";
import * as Aria from "react-aria-components";
import { api, told } from "@/shared/api/client";
import type { PersonCard } from "@/shared/api/types";
import { FacePicture } from "@/shared/ui/page";

interface PickerProps {
  label: string;
  onPick: (person: PersonCard | null) => void;
  picked: PersonCard | null;
  without?: readonly string[];
  kind?: "enrolled" | "stranger";
  autoFocus?: boolean;
}

export function PersonPicker({ label, onPick, picked, without = [], kind, autoFocus }: PickerProps) {
  const [typed, setTyped] = useState(picked ? called(picked) : "");
  const q = useDeferredValue(picked && typed === called(picked) ? "" : typed);
  const found = useQuery({
    queryKey: ["people", "picker", q, kind],
    queryFn: () => told(api.GET("/api/v1/people", { params: { query: { q, limit: 30, ...(kind ? { kind } : {}) } } })),
    placeholderData: (before) => before,
  });
  const items = (found.data?.items ?? []).filter((one) => !without.includes(one.person_id));
  return (
    <Aria.ComboBox
      className="field"
      items={items}
      inputValue={typed}
      onInputChange={(text) => {
        setTyped(text);
        if (picked && text !== called(picked)) onPick(null);
      }}
      onSelectionChange={(key) => {
        const one = items.find((person) => person.person_id === key);
        if (one) {
          setTyped(called(one));
          onPick(one);
        }
      }}
      menuTrigger={autoFocus ? "input" : "focus"}
      allowsEmptyCollection
    >
      <Aria.Label>{label}</Aria.Label>
      <Aria.Input className="input" placeholder="Name or id" autoFocus={!!autoFocus} />
      <Aria.Popover className="popover">
        <Aria.ListBox<PersonCard> className="options" renderEmptyState={() => <p className="option muted">{found.error ? found.error.message : found.isPending ? "Looking…" : "Nobody is called so"}</p>}>
          {(one) => (
            <Aria.ListBoxItem id={one.person_id} textValue={called(one)} className="option">
              <FacePicture id={one.best_picture} label="" isLittle />
              <span>
                {called(one)} {one.name && <span className="muted small mono">{one.person_id}</span>}
              </span>
            </Aria.ListBoxItem>
          )}
        </Aria.ListBox>
      </Aria.Popover>
    </Aria.ComboBox>
  );
}

export function called(person: { name: string; person_id: string }): string {
  return person.name || person.person_id;
}
