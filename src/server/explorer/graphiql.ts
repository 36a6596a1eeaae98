/**
 * Serves GraphiQL at `GET /graphiql`, from the files that the build makes from `explorer/`. No file comes from another host.
 * Only files found at the start are served, by exact path, so a request cannot name any other file.
 */
import { readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { OutgoingHttpHeaders } from "node:http";
import { extname } from "node:path";

export interface StaticFile {
  readonly location: URL;
  readonly headers: OutgoingHttpHeaders;
}

/** Files by request path. */
export type StaticFiles = ReadonlyMap<string, StaticFile>;

const page = "index.html";

const contentTypes: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".md": "text/plain; charset=utf-8",
  ".svg": "image/svg+xml",
  ".ttf": "font/ttf",
};

/** Sent with every file, because a worker uses the policy of its own script. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self'",
  "style-src 'self' 'unsafe-inline'", // Monaco creates style elements and attributes while it draws
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** The files of a folder; undefined if GraphiQL was not built. */
export function findGraphiql(folder: URL): StaticFiles | undefined {
  const names = filesIn(folder);
  if (!names.includes(page)) return undefined;
  const files = new Map(names.map((name) => [`/graphiql/${name}`, fileAt(folder, name)]));
  const index = fileAt(folder, page);
  return files.set("/graphiql", index).set("/graphiql/", index);
}

export function readStaticFile({ location }: StaticFile): Promise<Buffer> {
  return readFile(location);
}

/** File names relative to the folder, with slashes. */
function filesIn(folder: URL): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
      entry.isDirectory()
        ? filesIn(new URL(`${entry.name}/`, folder)).map((name) => `${entry.name}/${name}`)
        : entry.isFile() && extname(entry.name) in contentTypes
          ? [entry.name]
          : [],
    );
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}

function fileAt(folder: URL, name: string): StaticFile {
  return {
    location: new URL(name, folder),
    headers: {
      "content-type": contentTypes[extname(name)],
      // The build names the files in assets/ by their content.
      "cache-control": name.startsWith("assets/") ? "public, max-age=31536000, immutable" : "no-cache",
      "content-security-policy": contentSecurityPolicy,
      "referrer-policy": "no-referrer",
    },
  };
}
