import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [react()],
  // In a project of its own this is the package; here it is the repository's.
  resolve: {
    alias: {
      "intune-pfx-client/operations": fileURLToPath(
        new URL("../../packages/client/src/operations/operations.ts", import.meta.url),
      ),
    },
  },
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
