/**
 * The page of `page/` as a team of a frontend would have it: `intune-pfx-client` comes from its tarball, Vite builds it, and it
 * is served under a strict Content Security Policy.
 */
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { version as graphqlVersion } from "graphql";
import { build } from "vite";

const clientPackage = fileURLToPath(new URL("../../packages/client/", import.meta.url));
const sources = fileURLToPath(new URL("page/", import.meta.url));
const mediaTypes: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
};

/** What the page is made of: file by file, by the path in its URL. */
export type PageFiles = ReadonlyMap<string, Buffer>;

/** Where the files are that a worker loads. */
export const workerPath = "/worker/";

/** Packs, installs and builds. */
export async function buildPage(): Promise<PageFiles> {
  const project = mkdtempSync(join(tmpdir(), "frontend-"));
  try {
    cpSync(sources, project, { recursive: true });
    writeFileSync(join(project, "package.json"), JSON.stringify({ private: true, type: "module" }));
    npm(["pack", "--pack-destination", project], clientPackage);
    const tarballs = readdirSync(project).filter((name) => name.endsWith(".tgz"));
    const packages = [...tarballs.map((name) => `./${name}`), `graphql@${graphqlVersion}`];
    npm(["install", "--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts", ...packages], project);
    await build({
      root: project,
      configFile: false,
      logLevel: "warn",
      worker: {
        format: "es", // so that DES and RC2 stay chunks of their own
        rolldownOptions: {
          output: {
            entryFileNames: `${workerPath.slice(1)}[name].js`,
            chunkFileNames: `${workerPath.slice(1)}[name].js`,
          },
        },
      },
    });
    return readFiles(join(project, "dist"));
  } finally {
    rmSync(project, { recursive: true, force: true });
  }
}

function npm(args: readonly string[], cwd: string): void {
  execFileSync("npm", [...args, "--loglevel=error"], { cwd, stdio: ["ignore", "ignore", "inherit"] });
}

function readFiles(folder: string): PageFiles {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    files.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path.slice(folder.length).replaceAll("\\", "/"), readFileSync(path)];
    }),
  );
}

export interface PageServer extends AsyncDisposable {
  readonly url: string;
  /** The paths that were asked for, once each. */
  readonly asked: ReadonlySet<string>;
}

/** Serves the page from one origin, the gateway's `/graphql` included. */
export async function servePage(files: PageFiles, gatewayUrl?: string): Promise<PageServer> {
  const asked = new Set<string>();
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    const path = pathname === "/" ? "/index.html" : pathname;
    asked.add(path);
    response.setHeader("Content-Security-Policy", "default-src 'self'");
    const file = files.get(path);
    if (file !== undefined) {
      response.setHeader("Content-Type", mediaTypes[extname(path)] ?? "application/octet-stream").end(file);
    } else if (path === "/graphql" && gatewayUrl !== undefined) {
      await forward(request, gatewayUrl, response);
    } else {
      response.writeHead(path === "/favicon.ico" ? 204 : 404).end();
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The page's server has no port.");
  return {
    url: `http://127.0.0.1:${address.port}/`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function forward(request: IncomingMessage, gatewayUrl: string, response: ServerResponse): Promise<void> {
  const { method = "GET", headers } = request;
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const answer = await fetch(gatewayUrl, {
    method,
    headers: { "content-type": headers["content-type"] ?? "" },
    body: Buffer.concat(chunks),
  });
  const mediaType = answer.headers.get("content-type") ?? "application/octet-stream";
  response.writeHead(answer.status, { "Content-Type": mediaType }).end(await answer.text());
}
