/**
 * The last step of `npm run build:gateway`: the program and its packages become a few files. Reading 1,200 takes half of a start, and
 * what is bundled need not be installed. MSAL stays where npm has put it, so that its fixes arrive without a build.
 */
import { defineConfig } from "vite";

export default defineConfig({
  envDir: false, // .env is the gateway's, not the build's
  publicDir: false,
  logLevel: "warn",
  // One copy of graphql for those who import it and those who require it.
  resolve: { mainFields: ["main"] },
  ssr: {
    noExternal: true,
    external: ["@azure/msal-node"],
  },
  build: {
    ssr: "src/main.ts",
    target: "node20",
    outDir: "dist",
    emptyOutDir: false,
    license: { fileName: "licenses.md" },
    rolldownOptions: {
      // Nothing is left out: the bundler takes calls for idle that are made for what they throw, such as decodeURIComponent.
      treeshake: false,
      output: {
        minify: false,
        chunkFileNames: "chunks/[name]-[hash].js",
        // One file for what is not imported on demand, so that it runs in the order in which it is written.
        codeSplitting: { groups: [{ name: "start", tags: ["$initial"] }] },
      },
    },
  },
});
