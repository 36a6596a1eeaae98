/** An inspected file for programs: every fact of its certificates, and what an import would do. No key, no password. */
import type { InspectedFile } from "./inspect-file.ts";

/** The properties of `{"type":"file",…}`. */
export function inspectJson({ entry, contents, opened }: InspectedFile): object {
  return {
    source: entry.source,
    path: entry.path === "" ? undefined : entry.path,
    certificates: contents?.certificates ?? [],
    protection: contents?.protection,
    items: opened.flatMap((each) => ("item" in each ? [each.item.facts] : [])),
    failures: opened.flatMap((each) => {
      if ("item" in each) return [];
      const { outcome, code, message, facts } = each.result;
      return [{ outcome, code, message, thumbprint: facts?.thumbprint }];
    }),
  };
}
