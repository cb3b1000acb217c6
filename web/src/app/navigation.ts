/** Which screens there are, to whom they are open, and in which order the navigation offers them. */
import {
  Activity,
  Boxes,
  Camera,
  ChartLine,
  CircleHelp,
  FileText,
  History,
  ImageUp,
  LayoutGrid,
  type LucideIcon,
  Settings,
  ShieldCheck,
  Undo2,
  UserCog,
  UserPlus,
  Users,
} from "lucide-react";
import type { Role } from "@/shared/api/types";

export interface Place {
  to: string;
  label: string;
  icon: LucideIcon;
  least: Role;
  onPhone?: boolean;
}

/** Whom a screen is for that is not for everybody. */
export const WHOSE: Record<Exclude<Role, "viewer">, string> = { operator: "operators and admins", admin: "admins" };

export const GROUPS: readonly { label: string; places: readonly Place[] }[] = [
  {
    label: "Watch",
    places: [
      { to: "/", label: "Live", icon: LayoutGrid, least: "viewer", onPhone: true },
      { to: "/this-camera", label: "This camera", icon: Camera, least: "viewer" },
      { to: "/events", label: "Events", icon: History, least: "viewer" },
      { to: "/timelines", label: "Timelines", icon: ChartLine, least: "viewer", onPhone: true },
      { to: "/reports", label: "Reports", icon: FileText, least: "operator" },
    ],
  },
  {
    label: "People",
    places: [
      { to: "/people", label: "People", icon: Users, least: "viewer", onPhone: true },
      { to: "/review", label: "Review", icon: CircleHelp, least: "operator", onPhone: true },
      { to: "/history", label: "History", icon: Undo2, least: "viewer" },
      { to: "/enrol", label: "Enrol", icon: UserPlus, least: "operator" },
      { to: "/analyze", label: "Analyse pictures", icon: ImageUp, least: "operator" },
    ],
  },
  {
    label: "System",
    places: [
      { to: "/privacy", label: "Privacy", icon: ShieldCheck, least: "viewer" },
      { to: "/models", label: "Models", icon: Boxes, least: "viewer" },
      { to: "/health", label: "Health", icon: Activity, least: "viewer" },
      { to: "/accounts", label: "Accounts", icon: UserCog, least: "admin" },
      { to: "/settings", label: "Settings", icon: Settings, least: "admin" },
    ],
  },
];

/** The screen of the navigation that a route leads to, or none for one that lies below another. */
export const placeAt = (route: string): Place | undefined => GROUPS.flatMap(({ places }) => places).find(({ to }) => to === route);
