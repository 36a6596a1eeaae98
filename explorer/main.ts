/**
 * GraphiQL at `/graphiql`: a tab for each operation of `operations/`, with the variables that it uses. Operations hold
 * passwords and headers hold tokens, so a browser keeps nothing of them: only theme and layout outlive the page.
 */
import "graphiql/setup-workers/vite";
import "graphiql/style.css";
import "./page.css";
import { GraphiQL, HISTORY_PLUGIN } from "graphiql";
import { createElement } from "react";
import { createRoot } from "react-dom/client";
import samples from "../operations/variables.json" with { type: "json" };
import { createStorage } from "./storage.ts";

const documents = import.meta.glob<string>("../operations/*.graphql", {
  query: "?raw",
  import: "default",
  eager: true,
});
const headersHint = '{\n  // "Authorization": "Bearer …"\n}';

const tabs = Object.entries(documents)
  .sort(([a], [b]) => Number(isCreate(b)) - Number(isCreate(a)) || a.localeCompare(b))
  .map(([, query]) => ({ query: query.trim(), variables: variablesOf(query), headers: headersHint }));

function isCreate(path: string): boolean {
  return path.includes("/create-");
}

/** The sample variables that an operation declares. */
function variablesOf(query: string): string {
  const declared = new Set([...query.matchAll(/\$(\w+):/g)].map(([, name]) => name));
  return JSON.stringify(Object.fromEntries(Object.entries(samples).filter(([name]) => declared.has(name))), null, 2);
}

async function send(operation: object, { headers }: { headers?: Record<string, string> } = {}): Promise<unknown> {
  const response = await fetch("/graphql", {
    method: "POST",
    headers: { accept: "application/json", "content-type": "application/json", ...headers },
    body: JSON.stringify(operation),
  });
  return response.json();
}

const page = document.getElementById("graphiql");
if (page === null) throw new Error("the page has no place for GraphiQL");
createRoot(page).render(
  createElement(
    GraphiQL,
    {
      fetcher: send,
      defaultTabs: tabs,
      initialVariables: tabs[0]?.variables, // GraphiQL takes the first tab's query alone
      initialHeaders: headersHint,
      defaultHeaders: headersHint,
      defaultEditorToolsVisibility: "variables",
      plugins: [HISTORY_PLUGIN],
      shouldPersistHeaders: false,
      storage: createStorage(localStorage),
    },
    createElement(GraphiQL.Logo, null, "Intune PFX gateway"),
  ),
);
