/**
 * The way of a request to Graph and back, once per process. The concerns around the call are composed here, and only
 * here, in the order in which they are written down.
 */
import type { GatewayLog } from "../log.ts";
import { type ApiVersion, withApiVersion } from "./api-version.ts";
import { errorOfAnswer, errorOfSilence, unreadableAnswer } from "./graph-error.ts";
import { type GraphRequest, type GraphResponse, type Send, TransportError } from "./graph-request.ts";
import { createTransport, type Transport } from "./transport.ts";

export interface GraphClientOptions {
  /** Graph's root without the version, such as https://graph.microsoft.com. */
  baseUrl: URL;
  apiVersion: ApiVersion;
  /** Upper bound of open sockets to Graph. */
  maxConnections: number;
  log: GatewayLog;
}

export class GraphClient {
  readonly baseUrl: URL;
  readonly log: GatewayLog;
  readonly #transport: Transport;
  readonly #send: Send;

  constructor({ baseUrl, apiVersion, maxConnections, log }: GraphClientOptions) {
    this.baseUrl = baseUrl;
    this.log = log;
    this.#transport = createTransport(baseUrl, maxConnections);
    this.#send = withApiVersion(apiVersion, this.#transport.send, log.movedToBeta);
  }

  /**
   * Resolves with one of the statuses the request expects.
   *
   * @throws {GatewayError} with a code of the contract for everything else.
   */
  async send(request: GraphRequest): Promise<GraphResponse> {
    let response: GraphResponse;
    try {
      response = await this.#send(request);
    } catch (error) {
      throw error instanceof TransportError ? errorOfSilence(request, error) : error;
    }
    if (request.expects.includes(response.status)) return response;
    if (response.status >= 200 && response.status < 300) throw unreadableAnswer(request, response);
    throw await errorOfAnswer(request, response);
  }

  /** Ends every connection; requests under way fail. */
  close(): Promise<void> {
    return this.#transport.close();
  }
}
