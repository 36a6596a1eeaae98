import { prepare, type Task } from "./prepare.ts";

addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) =>
  console.error("policy, in the worker:", violatedDirective, blockedURI),
);

addEventListener("message", async ({ data }: MessageEvent<Task>) => postMessage(await prepare(data)));
