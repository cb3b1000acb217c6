/** The app begins: its styles, its queries, and whoever is let in. */
import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { newQueries } from "@/shared/api/session";
import { Toasts } from "@/shared/ui/toasts";
import { Entrance } from "./Entrance";
import "@/shared/ui/tokens.css";
import "@/shared/ui/layout.css";
import "@/shared/ui/controls.css";
import "@/shared/ui/pieces.css";
import "./shell.css";

const queries = newQueries();

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
