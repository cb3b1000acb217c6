/** Long lists: tables, and the button that fetches what comes next. */
import type { ReactNode } from "react";
import { Button } from "./controls";

/** The rows of a table below the names of its columns. */
export function Table({ columns, isNumbers, children }: { columns: readonly string[]; isNumbers?: boolean; children: ReactNode }) {
  return (
    <table className={isNumbers ? "number" : ""}>
      <thead>
        <tr>
          {columns.map((one) => (
            <th key={one} scope="col">
              {one}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>{children}</tbody>
    </table>
  );
}

interface Paged {
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  fetchNextPage: () => unknown;
}

/** Shows more of a list that is fetched in pages, as long as there is more. */
export function More({ of }: { of: Paged }) {
  if (!of.hasNextPage) return null;
  return (
    <div>
      <Button onPress={() => void of.fetchNextPage()} isDisabled={of.isFetchingNextPage}>
        Show more
      </Button>
    </div>
  );
}
