/**
 * `intune-pfx-client/operations`: what a frontend or a script imports. Typed documents for every file of `operations/`, and the
 * gateway's errors; it needs nothing at run time, so that it costs a bundle only the documents that are used.
 */
export * from "./documents.ts";
export {
  findGatewayError,
  type GatewayError,
  type GatewayErrorCode,
  type GatewayErrorExtensions,
  isGatewayError,
  isGatewayErrorCode,
} from "./gateway-error.ts";
