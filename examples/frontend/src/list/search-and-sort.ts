/** What the browser does with the certificates that it has read, since neither Intune nor the gateway can. */
import type { Filters } from "./filters.ts";
import type { Certificate } from "./use-certificates.ts";

export function withPart(certificates: readonly Certificate[], part: string | undefined): readonly Certificate[] {
  if (part === undefined) return certificates;
  const wanted = fold(part);
  return certificates.filter(
    ({ userPrincipalName, thumbprint }) =>
      fold(userPrincipalName ?? "").includes(wanted) || thumbprint?.includes(wanted),
  );
}

const fold = (text: string): string => text.normalize("NFC").toLowerCase();

const byName = new Intl.Collator("en", { sensitivity: "base", numeric: true });

/** What has no user or no expiry comes last. */
export function inOrder(certificates: readonly Certificate[], sort: Filters["sort"]): readonly Certificate[] {
  if (sort === undefined) return certificates;
  const timeOf = ({ expirationDateTime }: Certificate) =>
    Date.parse(expirationDateTime ?? "") || Number.POSITIVE_INFINITY;
  return certificates.toSorted((one, other) => {
    if (sort === "expiry") return Math.sign(timeOf(one) - timeOf(other)) || 0;
    if (one.userPrincipalName === null || other.userPrincipalName === null) {
      return Number(one.userPrincipalName === null) - Number(other.userPrincipalName === null);
    }
    return byName.compare(one.userPrincipalName, other.userPrincipalName);
  });
}
