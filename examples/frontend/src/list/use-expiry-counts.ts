/** How many certificates have expired or expire soon. The gateway has no counts, so the expiring ones are listed and counted. */
import { useApolloClient } from "@apollo/client/react";
import {
  ExpiringUserPfxCertificatesDocument,
  type ExpiringUserPfxCertificatesQuery,
} from "intune-pfx-client/operations";
import { useEffect, useState } from "react";
import { type Expiry, soonDays } from "./filters.ts";

const dayMs = 86_400_000;
/** A hundred certificates each. Beyond, the counts are lower bounds. */
const maxRequests = 20;

interface ExpiryCounts {
  readonly counts: Readonly<Record<Expiry, number>>;
  /** Whether there may be more than counted. */
  readonly isLowerBound: boolean;
}

/** @returns undefined until the first page is counted, or if it can't be read. @param nowMs a new value counts again. */
export function useExpiryCounts(nowMs: number): ExpiryCounts | undefined {
  const client = useApolloClient();
  const [result, setResult] = useState<ExpiryCounts>();
  useEffect(() => {
    const abort = new AbortController();
    const before = new Date(nowMs + Math.max(...Object.values(soonDays)) * dayMs).toISOString();
    async function count() {
      const times: number[] = [];
      let after: string | null = null;
      for (let requests = 0; requests < maxRequests; requests++) {
        const answer: { data?: ExpiringUserPfxCertificatesQuery | undefined } = await client.query({
          query: ExpiringUserPfxCertificatesDocument,
          variables: { before, after },
          fetchPolicy: "no-cache",
          context: { fetchOptions: { signal: abort.signal } },
        });
        if (abort.signal.aborted || !answer.data) return;
        const { nodes, pageInfo } = answer.data.userPfxCertificates;
        times.push(...nodes.map(({ expirationDateTime }) => Date.parse(expirationDateTime ?? "")));
        setResult({ counts: countsOf(times, nowMs), isLowerBound: pageInfo.hasNextPage });
        if (!pageInfo.hasNextPage) return;
        after = pageInfo.endCursor ?? null;
      }
    }
    count().catch(() => {}); // the filters work without their counts, and the list says what is wrong
    return () => abort.abort();
  }, [client, nowMs]);
  return result;
}

function countsOf(times: readonly number[], nowMs: number): Record<Expiry, number> {
  const within = (days: number) => times.filter((time) => time > nowMs && time < nowMs + days * dayMs).length;
  return {
    expired: times.filter((time) => time < nowMs).length,
    "30-days": within(soonDays["30-days"]),
    "90-days": within(soonDays["90-days"]),
  };
}
