import { defineConfig } from "vite";

export default defineConfig({
  // The library loads DES and RC2 when a file needs them. Only workers that are modules can do so.
  worker: { format: "es" },
  // Your web server does the same two things: one origin for page and gateway, and the page's policy.
  preview: {
    proxy: { "/graphql": "http://127.0.0.1:4000" },
    headers: { "content-security-policy": "default-src 'self'" },
  },
});
