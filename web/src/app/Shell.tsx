/** The frame around every screen: navigation by role, whether a screen is open to it, who is logged in, light or dark. */
import { useQuery } from "@tanstack/react-query";
import { Link, Outlet, useRouterState } from "@tanstack/react-router";
import { Lock, LogOut, Menu as MenuIcon, X } from "lucide-react";
import { type MouseEvent, useEffect, useRef, useState } from "react";
import { api } from "@/shared/api/client";
import { isAtLeast, sessionQuery, useEnter } from "@/shared/api/session";
import type { LoggedIn, Role } from "@/shared/api/types";
import { IconButton } from "@/shared/ui/controls";
import { Empty, Page } from "@/shared/ui/page";
import { sayFailure } from "@/shared/ui/toasts";
import { GROUPS, type Place, placeAt, WHOSE } from "./navigation";
import { ThemeSwitch } from "./ThemeSwitch";

export function Shell() {
  const { data: session } = useQuery(sessionQuery);
  const menu = useMenu();
  const path = useRouterState({ select: (state) => state.location.pathname });
  const main = useRef<HTMLElement>(null);
  const seen = useRef(path);
  useEffect(() => {
    if (seen.current !== path) main.current?.focus({ preventScroll: true });
    seen.current = path;
  }, [path]);
  if (!session) return null;
  const { role } = session;
  return (
    <div className="shell">
      <a className="skip" href="#main" inert={menu.isOpen}>
        Skip to the content
      </a>
      <nav ref={menu.place} className={menu.isOpen ? "side open" : "side"} aria-label="All screens" onClick={menu.onClick}>
        <Link to="/" className="brand">
          <img src="/icon.svg" alt="" width={28} height={28} /> mien
        </Link>
        {GROUPS.map((group) => (
          <Group key={group.label} {...group} role={role} />
        ))}
        <div className="side-foot">
          <Account name={session.name} role={role} />
          <ThemeSwitch />
        </div>
      </nav>
      <main id="main" ref={main} tabIndex={-1} inert={menu.isOpen}>
        <Gate session={session} />
      </main>
      <nav className="bottom" aria-label="Main screens">
        {GROUPS.flatMap((group) => group.places)
          .filter((place) => place.onPhone && isAtLeast(role, place.least))
          .map((place) => (
            <PlaceLink key={place.to} {...place} />
          ))}
        <button type="button" className="place" ref={menu.button} aria-expanded={menu.isOpen} onClick={menu.toggle}>
          {menu.isOpen ? <X aria-hidden /> : <MenuIcon aria-hidden />} {menu.isOpen ? "Close" : "More"}
        </button>
      </nav>
    </div>
  );
}

/** The screen, or to whom it is open: then nothing of it is shown, and nothing asked for that would be refused. */
function Gate({ session: { name, role } }: { session: LoggedIn }) {
  const route = useRouterState({ select: (state): string => state.matches.at(-1)?.fullPath ?? "" });
  const place = placeAt(route);
  if (!place || place.least === "viewer" || isAtLeast(role, place.least)) return <Outlet />;
  return (
    <Page title={place.label}>
      <Empty
        icon={Lock}
        title={`This page is for ${WHOSE[place.least]}`}
        action={
          <Link to="/" className="button main">
            Back to the cameras
          </Link>
        }
      >
        You are logged in as {name}, who is {role === "operator" ? "an operator" : "a viewer"}. An admin can change that under Accounts.
      </Empty>
    </Page>
  );
}

/** The menu of a phone: over the page, which cannot be reached meanwhile; Escape, a choice and a wide window close it. */
function useMenu() {
  const [isOpen, setOpen] = useState(false);
  const place = useRef<HTMLElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!isOpen) return;
    place.current?.querySelector("a")?.focus();
    const close = () => setOpen(false);
    const hear = (event: KeyboardEvent) => {
      if (event.key !== "Escape") return;
      close();
      button.current?.focus();
    };
    const wide = matchMedia("(min-width: 761px)");
    wide.addEventListener("change", close);
    document.addEventListener("keydown", hear);
    return () => {
      wide.removeEventListener("change", close);
      document.removeEventListener("keydown", hear);
    };
  }, [isOpen]);
  const onClick = (event: MouseEvent<HTMLElement>) => {
    if (event.target instanceof Element && event.target.closest("a")) setOpen(false);
  };
  return { isOpen, place, button, onClick, toggle: () => setOpen(!isOpen) };
}

function Group({ label, places, role }: { label: string; places: readonly Place[]; role: Role }) {
  const open = places.filter((place) => isAtLeast(role, place.least));
  if (!open.length) return null;
  return (
    <section aria-label={label}>
      <p className="side-label" aria-hidden>
        {label}
      </p>
      <ul>
        {open.map((place) => (
          <li key={place.to}>
            <PlaceLink {...place} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function PlaceLink({ to, label, icon: Icon }: Place) {
  return (
    <Link to={to} className="place" activeOptions={{ exact: to === "/" }} activeProps={{ "aria-current": "page" }}>
      <Icon aria-hidden /> {label}
    </Link>
  );
}

function Account({ name, role }: { name: string; role: Role }) {
  const enter = useEnter();
  const leave = () => {
    api.DELETE("/api/v1/session").then(() => enter(null), sayFailure);
  };
  return (
    <div className="row apart account">
      <Link to="/account" className="account-name">
        <strong>{name}</strong>
        <span className="muted small">{role}</span>
        <span className="unseen">, my account</span>
      </Link>
      <IconButton hint="Log out" onPress={leave}>
        <LogOut aria-hidden />
      </IconButton>
    </div>
  );
}
