/** Which address shows which screen; every screen is fetched when it is first opened. */
import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router";
import { Compass } from "lucide-react";
import { Empty, Failure, Page, Waiting } from "@/shared/ui/page";
import { Shell } from "./Shell";

const root = createRootRoute({
  component: Shell,
  notFoundComponent: () => (
    <Page title="Not found">
      <Empty icon={Compass} title="There is nothing at this address">
        What is in the navigation is all there is: choose one of it.
      </Empty>
    </Page>
  ),
});

const at = <P extends string>(path: P, component: ReturnType<typeof lazyRouteComponent>) =>
  createRoute({ getParentRoute: () => root, path, component });

const tree = root.addChildren([
  at("/", lazyRouteComponent(() => import("@/features/live/WallPage"))),
  at("/cameras/$name", lazyRouteComponent(() => import("@/features/live/CameraPage"))),
  at("/people", lazyRouteComponent(() => import("@/features/people/PeoplePage"))),
  at("/people/$personId", lazyRouteComponent(() => import("@/features/people/PersonPage"))),
  at("/history", lazyRouteComponent(() => import("@/features/people/HistoryPage"))),
  at("/review", lazyRouteComponent(() => import("@/features/review/ReviewPage"))),
  at("/enrol", lazyRouteComponent(() => import("@/features/enrol/EnrolPage"))),
  at("/this-camera", lazyRouteComponent(() => import("@/features/browser/BrowserPage"))),
  at("/timelines", lazyRouteComponent(() => import("@/features/timelines/TimelinesPage"))),
  at("/reports", lazyRouteComponent(() => import("@/features/reports/ReportsPage"))),
  at("/analyze", lazyRouteComponent(() => import("@/features/analyze/AnalyzePage"))),
  at("/events", lazyRouteComponent(() => import("@/features/events/EventsPage"))),
  at("/settings", lazyRouteComponent(() => import("@/features/settings/SettingsPage"))),
  at("/models", lazyRouteComponent(() => import("@/features/models/ModelsPage"))),
  at("/models/$name", lazyRouteComponent(() => import("@/features/models/ModelPage"))),
  at("/health", lazyRouteComponent(() => import("@/features/health/HealthPage"))),
  at("/account", lazyRouteComponent(() => import("@/features/account/AccountPage"))),
  at("/accounts", lazyRouteComponent(() => import("@/features/accounts/AccountsPage"))),
  at("/privacy", lazyRouteComponent(() => import("@/features/privacy/PrivacyPage"))),
]);

export const router = createRouter({
  routeTree: tree,
  defaultPreload: "intent",
  defaultPendingComponent: () => <Waiting />,
  defaultErrorComponent: ({ error, reset }) => (
    <div className="page">
      <Failure error={error} again={reset} />
    </div>
  ),
});
