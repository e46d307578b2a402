import type { IncomingMessage, ServerResponse } from 'node:http';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { RequestHandlerExtra } from '@modelcontextprotocol/sdk/shared/protocol.js';
import type { ServerNotification, ServerRequest } from '@modelcontextprotocol/sdk/types.js';
import type { McpConfig } from '../config/normal-config.ts';
import { refusal } from '../http/access.ts';
import { answerText, ListeningServer } from '../http/listening-server.ts';
import type { Served } from './served.ts';
import type { Tool, ToolCall } from './tool.ts';
import { toolsOf } from './tool-list.ts';

const mostBodyBytes = 1 << 20;
const progressMs = 500;

/** Litestream answers at any path; `/mcp` is the usual one. */
const paths: readonly string[] = ['/mcp', '/'];

/** Serves tools for language models over streamable HTTP, without sessions. From `open` to `close`. */
export class ToolServer {
  readonly #config: McpConfig;
  readonly #served: Served;
  readonly #tools: readonly Tool[];
  readonly #answering = new Set<Promise<unknown>>();
  #server: ListeningServer | undefined;

  private constructor(config: McpConfig, served: Served) {
    this.#config = config;
    this.#served = served;
    this.#tools = toolsOf(served);
  }

  /** Throws ListenError `not-listening`. */
  static async open(config: McpConfig, served: Served): Promise<ToolServer> {
    const tools = new ToolServer(config, served);
    const place = { address: config.address, what: 'MCP tools', key: 'mcp-addr' };
    tools.#server = await ListeningServer.open(place, (request, response) => tools.#serve(request, response));
    served.logger.info('serving MCP tools', { addr: tools.url, changes: config.allowChanges });
    return tools;
  }

  get url(): string {
    return `${this.#server?.origin}/mcp`;
  }

  /** Ends what is under way, and waits until a restore has taken its unfinished file away. */
  async close(): Promise<void> {
    await this.#server?.close();
    await Promise.all(this.#answering);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const refused = refusal(request, this.#config);
    if (refused !== undefined) {
      if (refused.status === 401) response.setHeader('www-authenticate', 'Bearer');
      return answerText(response, refused.status, `Cannot serve this request: ${refused.reason}\n`);
    }
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    if (!paths.includes(pathname)) return answerText(response, 404, 'not found: there is /mcp\n');
    if (request.method !== 'POST') {
      response.setHeader('allow', 'POST');
      return answerText(response, 405, 'only POST is served\n');
    }
    await this.#answer(request, response);
  }

  /** Each request has a server of its own: nothing is remembered from one to the next. */
  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const server = this.#newServer();
    // A client that goes away ends what it asked for.
    response.once('close', () => void server.close());
    const transport = new StreamableHTTPServerTransport({ maxRequestBodySize: mostBodyBytes });
    await server.connect(transport);
    await transport.handleRequest(request, response);
  }

  #newServer(): McpServer {
    const { allowChanges } = this.#config;
    const server = new McpServer(
      { name: 'litestream', title: 'Litestream', version: this.#served.version },
      { capabilities: { tools: {} }, instructions: instructionsOf(allowChanges) },
    );
    for (const tool of this.#tools) {
      const offered = server.registerTool(tool.name, tool.about, (given, request) =>
        this.#tracked(tool.call(given, { signal: request.signal, progress: progressOf(request) })),
      );
      if (!allowChanges && tool.about.annotations.readOnlyHint !== true) offered.disable();
    }
    return server;
  }

  async #tracked<T>(answer: Promise<T>): Promise<T> {
    this.#answering.add(answer);
    try {
      return await answer;
    } finally {
      this.#answering.delete(answer);
    }
  }
}

type Request = RequestHandlerExtra<ServerRequest, ServerNotification>;

/** Tells a client how far its request is, if it asked to be told, and not too often. */
function progressOf({ _meta, sendNotification }: Request): ToolCall['progress'] {
  const progressToken = _meta?.progressToken;
  let toldMs = Number.NEGATIVE_INFINITY;
  return (progress, total) => {
    const nowMs = performance.now();
    if (progressToken === undefined || nowMs - toldMs < progressMs) return;
    toldMs = nowMs;
    const params = { progressToken, progress, total };
    // Who is gone needs no progress.
    sendNotification({ method: 'notifications/progress', params }).catch(() => {});
  };
}

function instructionsOf(allowChanges: boolean): string {
  const about =
    'Tells how the backups of SQLite databases are doing that one litestream process makes. Begin with litestream_status.';
  if (allowChanges) return about;
  return `${about} Nothing can be changed: the tools litestream_restore and litestream_reset are there only when the config file says mcp-allow-changes: true.`;
}
