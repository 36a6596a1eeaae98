/** The certificates of a filter, read page by page as far as they are needed. */
import { useQuery } from "@apollo/client/react";
import {
  findGatewayError,
  type UserPfxCertificateFilter,
  UserPfxCertificatesDocument,
  type UserPfxCertificatesQuery,
} from "intune-pfx-client/operations";
import { useCallback, useEffect, useState } from "react";

export type Certificate = UserPfxCertificatesQuery["userPfxCertificates"]["edges"][number]["node"];

/** What one request reads at most: the gateway's limit. */
const maxPageSize = 1000;

interface Reading {
  /** Absent until the filter's first page is there. */
  readonly certificates: readonly Certificate[] | undefined;
  /** Those of the filter before, until the filter's first page is there. */
  readonly formerCertificates: readonly Certificate[];
  readonly hasMore: boolean;
  readonly isReading: boolean;
  /** Why the last page did not come. Nothing more is read until `retry`. */
  readonly failure: unknown;
  retry(): void;
  /** Reads from the first page again. */
  reload(): void;
}

/** @param wanted how many certificates to read, if there are so many. */
export function useCertificates(filter: UserPfxCertificateFilter, wanted: number, pageSize: number): Reading {
  const { data, previousData, loading, error, fetchMore, refetch } = useQuery(UserPfxCertificatesDocument, {
    variables: { first: pageSize, filter },
    fetchPolicy: "network-only",
    nextFetchPolicy: "cache-first",
    notifyOnNetworkStatusChange: true,
  });
  const [isPageUnderWay, setIsPageUnderWay] = useState(false);
  const [failedPage, setFailedPage] = useState<{ filter: UserPfxCertificateFilter; failure: unknown }>();
  const connection = data?.userPfxCertificates;
  const hasMore = connection?.pageInfo.hasNextPage ?? false;
  const after = connection?.pageInfo.endCursor;
  const count = connection?.edges.length ?? 0;
  const pageFailure = failedPage?.filter === filter ? failedPage.failure : undefined;
  const failure = error ?? pageFailure;

  // A page may have fewer certificates than asked for, or none: the next cursor goes on.
  useEffect(() => {
    const isEnough = !hasMore || count >= wanted;
    if (isEnough || loading || failure !== undefined || isPageUnderWay) return;
    const first = Math.min(maxPageSize, Math.max(pageSize, wanted - count));
    setIsPageUnderWay(true);
    fetchMore({ variables: { first, after } })
      .catch((reason: unknown) => setFailedPage({ filter, failure: reason }))
      .finally(() => setIsPageUnderWay(false));
  }, [hasMore, loading, failure, count, wanted, after, filter, pageSize, fetchMore, isPageUnderWay]);

  const reload = useCallback(() => {
    setFailedPage(undefined);
    refetch().catch(() => {}); // `error` has it
  }, [refetch]);

  return {
    certificates: connection && uniqueNodes(connection),
    formerCertificates: previousData ? uniqueNodes(previousData.userPfxCertificates) : [],
    hasMore,
    isReading: loading,
    failure,
    // Graph's paging tokens don't last for ever: without the cursor the list begins anew.
    retry: error || isStaleCursor(pageFailure) ? reload : () => setFailedPage(undefined),
    reload,
  };
}

function isStaleCursor(failure: unknown): boolean {
  return findGatewayError(failure, "BAD_USER_INPUT")?.extensions.invalid?.some(({ path }) => path === "after") ?? false;
}

/** Where certificates were deleted meanwhile, a page may repeat others. */
function uniqueNodes({ edges }: UserPfxCertificatesQuery["userPfxCertificates"]): readonly Certificate[] {
  return [...new Map(edges.map(({ node }) => [node.id, node])).values()];
}
