/** The documentation: its pages, and their text without code. */
import { readdirSync, readFileSync } from "node:fs";

export const root = new URL("../../", import.meta.url);

export const read = (path: string): string => readFileSync(new URL(path, root), "utf8");

const readmesIn = (folder: string): string[] =>
  readdirSync(new URL(folder, root), { recursive: true, encoding: "utf8" })
    .map((path) => path.replaceAll("\\", "/"))
    .filter((path) => path.endsWith("README.md") && !path.includes("node_modules"))
    .map((path) => `${folder}/${path}`);

/** README and `docs/`: the pages that somebody reads from the top. */
export const guides: readonly string[] = [
  "README.md",
  ...readdirSync(new URL("docs", root))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];

/** Every page that has links. */
export const pages: readonly string[] = [
  ...guides,
  "CONTRIBUTING.md",
  "SECURITY.md",
  "CHANGELOG.md",
  ...["packages", "examples", "bench", "deploy"].flatMap(readmesIn),
];

/** Code blocks of one language, each with its page. */
export function blocksOf(path: string, language: string): string[] {
  const fence = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "gm");
  return [...read(path).matchAll(fence)].map(([, code = ""]) => code);
}

/** A page's text without code blocks; with `withoutSpans` also without what is between backticks. */
export function proseOf(path: string, { withoutSpans = true } = {}): string {
  const text = read(path).replace(/^```[\s\S]*?^```$/gm, "");
  return withoutSpans ? text.replace(/(`+)[\s\S]*?\1/g, "code") : text;
}
