/** TypeGraphQL's auth checker: what `@Authorized("read")` and `@Authorized("write")` on a resolver mean. */
import type { AuthChecker } from "type-graphql";
import type { GatewayContext } from "../context.ts";

export type Access = "read" | "write";

export const authorize: AuthChecker<GatewayContext, Access> = ({ context }, accesses) => {
  for (const access of accesses) context.authorize(access);
  return true;
};
