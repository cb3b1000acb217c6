/** The router of tests: components that are shown without one get links that are only links, and are where a test says. */
import type * as Router from "@tanstack/react-router";
import type { ReactNode } from "react";
import { vi } from "vitest";

/** Where components without a router are; every test begins with nothing in it. */
export const place = { params: {} as Record<string, string>, search: {}, navigate: vi.fn() };

export function leavePlace(): void {
  place.params = {};
  place.search = {};
  place.navigate.mockReset();
}

interface LinkProps {
  to: string;
  params?: Record<string, string>;
  search?: object;
  children: ReactNode;
}

/** The real module, whose hooks and links do without a router where none is around them. */
export function withoutRouter(real: typeof Router) {
  const isInside = () => real.useRouter({ warn: false }) !== null;
  const address = (to: string, params: Record<string, string> = {}) => to.replace(/\$(\w+)/g, (_, name: string) => params[name] ?? "");
  const RealLink = real.Link as (props: LinkProps) => ReactNode;
  return {
    ...real,
    Link: ({ to, params, search, children, ...rest }: LinkProps) =>
      isInside() ? (
        <RealLink {...{ to, params, search, ...rest }}>{children}</RealLink>
      ) : (
        <a href={address(to, params)} {...rest}>
          {children}
        </a>
      ),
    useParams: () => place.params,
    useSearch: () => place.search,
    useNavigate: () => place.navigate,
  };
}
