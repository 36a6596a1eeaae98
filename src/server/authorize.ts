/** TypeGraphQL's auth checker: what `@Authorized("read")` and `@Authorized("write")` on a resolver mean. */
import type { AuthChecker } from "type-graphql";
import type { GatewayContext } from "../context.ts";

export type Access = "read" | "write";

/** What the names of mutations begin with. */
const writes = ["create", "update", "delete"] as const;

export const authorize: AuthChecker<GatewayContext, Access> = ({ context, info }, accesses) => {
  const write = writes.find((each) => info.fieldName.startsWith(each));
  for (const access of accesses) context.authorize(access, access === "write" ? write : undefined);
  return true;
};
