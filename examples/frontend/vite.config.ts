import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defaultClientConditions, defineConfig } from "vite";

const source = (path: string) => fileURLToPath(new URL(`../../packages/client/src/${path}`, import.meta.url));

export default defineConfig({
  plugins: [react()],
  // In a project of its own this is the package; here it is the repository's.
  resolve: {
    // RxJS has a smaller build under `es2015`; its default one is ES5.
    conditions: ["es2015", ...defaultClientConditions],
    alias: [
      { find: /^intune-pfx-client$/, replacement: source("client.ts") },
      { find: /^intune-pfx-client\/lists$/, replacement: source("lists/lists.ts") },
      { find: /^intune-pfx-client\/operations$/, replacement: source("operations/operations.ts") },
    ],
  },
  // The PFX library loads DES and RC2 when a file needs them. Only workers that are modules can do so.
  worker: { format: "es" },
  build: {
    target: "es2022",
    modulePreload: { polyfill: false },
    rolldownOptions: {
      // `redirect.html` is where a sign-in comes back to.
      input: ["index.html", "redirect.html"].map((name) => fileURLToPath(new URL(name, import.meta.url))),
      // MSAL is one chunk, which only a page with sign-in loads.
      output: { codeSplitting: { groups: [{ name: "msal", test: /node_modules[\\/]@azure/ }] } },
    },
  },
});
