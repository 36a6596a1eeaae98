/**
 * Decides whether traces are exported, by OpenTelemetry's standard variables. OpenTelemetry's SDK then reads them itself.
 * Settings that the gateway does not support are rejected at the start.
 *
 * @see https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
 */
import { choice, httpUrl } from "./parsers.ts";
import type { Reader } from "./read-env.ts";

const protocols = ["OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"] as const;

/** Returns whether traces are exported. */
export function readTracing({ read, readAs }: Reader, env: NodeJS.ProcessEnv): boolean {
  const endpoints = [read("OTEL_EXPORTER_OTLP_ENDPOINT"), readAs("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", httpUrl)];
  const hasEndpoint = endpoints.some((endpoint) => endpoint !== undefined);
  const exporter = read("OTEL_TRACES_EXPORTER") ?? (hasEndpoint ? "otlp" : "none");
  const isOn = exporter === "otlp" && env.OTEL_SDK_DISABLED?.toLowerCase() !== "true";
  if (isOn) for (const name of protocols) readAs(name, choice(["http/protobuf"], undefined));
  return isOn;
}
