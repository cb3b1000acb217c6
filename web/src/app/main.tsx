/** The app begins: its styles, its queries, and whoever is let in. */
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { onSessionLost, Problem } from "@/shared/api/client";
import { sessionQuery } from "@/shared/api/session";
import { Toasts } from "@/shared/ui/toasts";
import { Entrance } from "./Entrance";
import "@/shared/ui/tokens.css";
import "@/shared/ui/layout.css";
import "@/shared/ui/controls.css";
import "@/shared/ui/pieces.css";
import "./shell.css";

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      retry: (failures, error) => failures < 2 && (!(error instanceof Problem) || error.status === 0 || error.status >= 500),
    },
  },
});
onSessionLost(() => queries.setQueryData(sessionQuery.queryKey, null));

const root = document.getElementById("root");
if (root)
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={queries}>
        <Entrance />
        <Toasts />
      </QueryClientProvider>
    </StrictMode>,
  );
