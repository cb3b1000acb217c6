/** Lists that are shown whole, which the service tells in pages. */

const MOST_ON_PAGE = 200;

/** All pages of a list, one after the other. */
export async function allPages<T>(ask: (query: { limit: number; after?: string }) => Promise<{ items: T[]; next?: string | null | undefined }>): Promise<T[]> {
  const all: T[] = [];
  let after: string | null | undefined;
  do {
    const page = await ask({ limit: MOST_ON_PAGE, ...(after ? { after } : {}) });
    all.push(...page.items);
    after = page.next;
  } while (after);
  return all;
}
