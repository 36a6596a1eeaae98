/**
 * A collector of traces on loopback: takes what an OTLP/HTTP exporter sends, and decodes of its protobuf what tests ask for.
 *
 * @see https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/trace/v1/trace.proto
 */
import { createServer } from "node:http";

export interface CollectedSpan {
  traceId: string;
  spanId: string;
  /** Empty for a root. */
  parentSpanId: string;
  name: string;
  /** 1 internal, 2 server, 3 client. */
  kind: number;
  attributes: Record<string, string | number>;
  /** 0 unset, 1 ok, 2 error. */
  status: number;
}

export interface OtlpCollector extends AsyncDisposable {
  readonly url: string;
  readonly spans: CollectedSpan[];
  /** Of the services that sent spans. */
  readonly resources: Record<string, string | number>[];
  /** Every request received as it was, protobuf and headers; strings are readable in it. */
  readonly requests: readonly string[];
}

/** @param status what it answers. */
export async function startOtlpCollector({ status = 200 }: { status?: number } = {}): Promise<OtlpCollector> {
  const spans: CollectedSpan[] = [];
  const resources: Record<string, string | number>[] = [];
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks);
      requests.push(`${request.url} ${JSON.stringify(request.headers)} ${body.toString("utf8")}`);
      if (status === 200) collect(body, spans, resources);
      response.writeHead(status, { "content-type": "application/x-protobuf" }).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`,
    spans,
    resources,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function collect(body: Buffer, spans: CollectedSpan[], resources: Record<string, string | number>[]): void {
  for (const resourceSpans of messages(fieldsOf(body), 1)) {
    for (const resource of messages(resourceSpans, 1)) resources.push(attributesOf(messages(resource, 1)));
    for (const scopeSpans of messages(resourceSpans, 2)) {
      for (const span of messages(scopeSpans, 2)) spans.push(spanOf(span));
    }
  }
}

function spanOf(span: Fields): CollectedSpan {
  const [status] = messages(span, 15);
  return {
    traceId: bytes(span, 1).toString("hex"),
    spanId: bytes(span, 2).toString("hex"),
    parentSpanId: bytes(span, 4).toString("hex"),
    name: bytes(span, 5).toString("utf8"),
    kind: number(span, 6),
    attributes: attributesOf(messages(span, 9)),
    status: status === undefined ? 0 : number(status, 3),
  };
}

/** Of KeyValue: a key, and an AnyValue with a string, an integer or a double. */
function attributesOf(pairs: Fields[]): Record<string, string | number> {
  return Object.fromEntries(
    pairs.map((pair): [string, string | number] => {
      const [value = new Map()] = messages(pair, 2);
      const content = value.has(3) ? number(value, 3) : value.has(4) ? bytes(value, 4).readDoubleLE() : undefined;
      return [bytes(pair, 1).toString("utf8"), content ?? bytes(value, 1).toString("utf8")];
    }),
  );
}

/** The values of a message by their field's number, undecoded. */
type Fields = Map<number, (Buffer | number)[]>;

/** @see https://protobuf.dev/programming-guides/encoding/ */
function fieldsOf(buffer: Buffer): Fields {
  const fields: Fields = new Map();
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = buffer[at++] ?? 0;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return Number(value);
    }
  };
  const take = (length: number) => {
    at += length;
    return buffer.subarray(at - length, at);
  };
  while (at < buffer.length) {
    const tag = varint();
    const type = tag & 7;
    const value = type === 0 ? varint() : take(type === 1 ? 8 : type === 5 ? 4 : varint());
    fields.set(tag >>> 3, [...(fields.get(tag >>> 3) ?? []), value]);
  }
  return fields;
}

function messages(fields: Fields, field: number): Fields[] {
  return (fields.get(field) ?? []).flatMap((value) => (typeof value === "number" ? [] : [fieldsOf(value)]));
}

function bytes(fields: Fields, field: number): Buffer {
  const [value] = fields.get(field) ?? [];
  return typeof value === "object" ? value : Buffer.alloc(0);
}

function number(fields: Fields, field: number): number {
  const [value] = fields.get(field) ?? [];
  return typeof value === "number" ? value : 0;
}
