/** Every link of the documentation leads somewhere: files, headings, and paths that the text names. */
import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { guides, pages, proseOf, read, root } from "./pages.ts";

/** The anchors that GitHub gives the headings of a page. */
function anchorsOf(path: string): Set<string> {
  const anchors = new Set<string>();
  const text = read(path).replace(/^```[\s\S]*?^```$/gm, "");
  for (const [, heading = ""] of text.matchAll(/^#{1,6} +(.*?) *#*$/gm)) {
    const name = heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M}\p{Pc} -]/gu, "")
      .replaceAll(" ", "-");
    let anchor = name;
    for (let count = 1; anchors.has(anchor); count += 1) anchor = `${name}-${count}`;
    anchors.add(anchor);
  }
  return anchors;
}

/** What is wrong with the links of a page. */
function deadLinksOf(path: string): string[] {
  const links = [...proseOf(path, { withoutSpans: false }).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = ""]) => link);
  return links.filter((link) => {
    if (/^https:\/\//.test(link)) return !URL.canParse(link);
    const target = new URL(link, new URL(path, root));
    const file = decodeURIComponent(target.pathname.slice(root.pathname.length)) || path;
    if (!existsSync(new URL(file, root))) return true;
    return target.hash !== "" && !anchorsOf(file).has(decodeURIComponent(target.hash.slice(1)));
  });
}

describe("the documentation", () => {
  it.each(pages)("has no dead link in %s", (path) => {
    expect(deadLinksOf(path)).toEqual([]);
  });

  it("is reached from the README, page by page", () => {
    const linked = [...read("README.md").matchAll(/\]\((docs\/[^)#]+\.md)/g)].map(([, page]) => page);

    expect(guides.filter((path) => path.startsWith("docs/") && !linked.includes(path))).toEqual([]);
  });

  it.each([...guides, "CONTRIBUTING.md", "SECURITY.md"])("names only files that there are in %s", (path) => {
    const named = proseOf(path, { withoutSpans: false }).matchAll(
      /`((?:src|test|packages|docs|examples|operations|deploy|bench|explorer)\/[\w./-]+)`/g,
    );
    const built = /(?:^|\/)(?:dist|dist-windows)(?:\/|$)/;
    const missing = [...named]
      .map(([, file = ""]) => file)
      .filter((file) => !built.test(file) && !existsSync(new URL(file, root)));

    expect(missing).toEqual([]);
  });

  it.each(pages)("has nothing in %s that a browser takes for HTML, and shows as nothing", (path) => {
    expect(proseOf(path).match(/<(?!https?:\/\/|br>)[a-z/][^>]*>/gi) ?? []).toEqual([]);
  });
});

describe("the check of links", () => {
  it("knows GitHub's anchors", () => {
    expect([...anchorsOf("docs/import-pfx.md")]).toContain("what-is-skipped-other_key-and---replace");
  });
});
