/**
 * What Entra ID calls itself, by cloud and token version. Only the authority and a tenant that the operator allows go
 * into these texts, so a token is compared with them and never contributes to one.
 *
 * @see https://learn.microsoft.com/entra/identity-platform/access-tokens#validate-tokens
 */

/** The `ver` claim: which one an API gets is its registration's choice, not the caller's. */
export type TokenVersion = "1.0" | "2.0";

/**
 * Both names of the cloud that 21Vianet operates. Its tokens of version 2.0 name the second, whichever was asked.
 *
 * @see https://github.com/jenkinsci/azure-ad-plugin/issues/679
 */
const chinaHosts = ["login.chinacloudapi.cn", "login.partner.microsoftonline.cn"];

/** The public cloud's and the US government's; the authority says nothing about this one. */
const stsOrigin = "https://sts.windows.net";
const chinaStsOrigin = "https://sts.chinacloudapi.cn";

/** Exact values of `iss`; more than one only where one authority has two names. */
export function issuersOf(authority: URL, tenantId: string, version: TokenVersion): readonly string[] {
  const isChina = chinaHosts.includes(authority.hostname);
  if (version === "1.0") return [`${isChina ? chinaStsOrigin : stsOrigin}/${tenantId}/`];
  const origins = isChina ? chinaHosts.map((host) => `https://${host}`) : [baseOf(authority)];
  return origins.map((origin) => `${origin}/${tenantId}/v2.0`);
}

/** Where a tenant publishes the keys of both versions. */
export function keysUrlOf(authority: URL, tenantId: string): URL {
  return new URL(`${baseOf(authority)}/${tenantId}/discovery/v2.0/keys`);
}

const baseOf = (authority: URL): string => `${authority.origin}${authority.pathname}`.replace(/\/+$/, "");
