/** The steps of docs/getting-started.md by their headings, and which one is missing. A test compares them with the page. */
import type { TokenFailureRecord } from "../observability/log.ts";

const headings = {
  license: "What you need",
  mode: "Choose the mode",
  values: "Fill in the values",
  register: "Register the gateway",
  permission: "Add the Graph permission",
  consent: "Grant admin consent",
  role: "Assign the Intune role",
  credential: "Give the gateway a credential",
  call: "Make the first call",
} as const;

type Step = keyof typeof headings;

/** Where the documentation says how to do the steps. */
export const stepOf = (...names: readonly Step[]): string =>
  `docs/getting-started.md, ${names.map((name) => `"${headings[name]}"`).join(" and ")}`;

/** What Microsoft's error numbers say about the set-up. @see https://learn.microsoft.com/entra/identity-platform/reference-error-codes */
const refusals: readonly (readonly [numbers: readonly number[], advice: string])[] = [
  [[90002], `AZURE_TENANT_ID is no tenant of this cloud: ${stepOf("values")}.`],
  [[700016], `The tenant has no application AZURE_CLIENT_ID: ${stepOf("register")}.`],
  [[7000229], `The application has no service principal in the tenant: ${stepOf("register")}.`],
  [[7000112], `The application is disabled in the tenant: ${stepOf("register")}.`],
  [[7000222], `The client secret has expired: ${stepOf("credential")}.`],
  [[7000215], `The client secret is not one of AZURE_CLIENT_ID: ${stepOf("credential")}.`],
  [[700027], `The certificate is not one of AZURE_CLIENT_ID, or has expired: ${stepOf("credential")}.`],
  [
    [70021, 700211, 700212, 700213, 7002131],
    `The application does not trust this federated token: issuer, subject or audience differ. ${stepOf("credential")}.`,
  ],
  [[700024], `The certificate's or the federated token's time is not valid; check this machine's clock.`],
];

/** @param failure why the last attempt to get a token failed, if one was made. */
export function adviceOnToken(failure: TokenFailureRecord | undefined): string {
  const known = refusals.find(([numbers]) => failure?.aadsts.some((number) => numbers.includes(number)));
  if (known !== undefined) return known[1];
  if (failure?.source === "managedIdentity") {
    return `Assign the managed identity to this machine, and check its client id: ${stepOf("credential")}.`;
  }
  if (failure !== undefined && failure.status === undefined) {
    return "Check that this machine can reach AUTHORITY_URL: DNS, firewall, HTTPS_PROXY and NO_PROXY.";
  }
  return `Check AZURE_TENANT_ID, AZURE_CLIENT_ID and the credential: ${stepOf("register", "credential")}.`;
}

/** @param problems each begins with its variable. */
export function adviceOnConfiguration(problems: readonly string[]): string {
  const steps: readonly (readonly [variable: RegExp, step: Step])[] = [
    [/^AUTH_MODE:/, "mode"],
    [/^AZURE_TENANT_ID:/, "values"],
    [/^AZURE_CLIENT_ID:/, "register"],
    [/^AZURE_(?:CLIENT_SECRET|CLIENT_CERTIFICATE|FEDERATED|USE_MANAGED)/, "credential"],
  ];
  const missing = steps.filter(([variable]) => problems.some((problem) => variable.test(problem)));
  const general = "Correct these variables; --help explains every variable.";
  return missing.length === 0 ? general : `${general} The steps: ${stepOf(...missing.map(([, step]) => step))}.`;
}
