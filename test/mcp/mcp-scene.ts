import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { temporaryFolder } from '../engine/restore/restore-to-folder.ts';
import { until } from '../engine/until.ts';
import { Application } from '../sqlite/application.ts';
import { Daemon } from '../support/daemon.ts';

/** A `litestream replicate` with one database, shipped, and its tools at an address that is known. */
export class McpScene {
  readonly #t: TestContext;
  readonly cwd: string;
  readonly application: Application;
  readonly daemon: Daemon;
  readonly url: string;

  private constructor(t: TestContext, cwd: string, application: Application, daemon: Daemon, url: string) {
    this.#t = t;
    this.cwd = cwd;
    this.application = application;
    this.daemon = daemon;
    this.url = url;
  }

  /** `settings`: lines of the config file beside `mcp-addr` and the database. */
  static async open(t: TestContext, settings = ''): Promise<McpScene> {
    const cwd = temporaryFolder(t);
    const application = new Application(join(cwd, 'app.db'));
    t.after(() => application.kill());
    await application.run('pragma journal_mode = wal', 'create table t (x)', 'insert into t values (1)');
    const scene = await McpScene.#start(t, cwd, application, settings);
    await until('a first file', () => existsSync(join(cwd, 'replica/ltx/0/0000000000000001-0000000000000001.ltx')));
    return scene;
  }

  static async #start(t: TestContext, cwd: string, application: Application, settings: string): Promise<McpScene> {
    const database = `{path: ${cwd}/app.db, replica: {path: ${cwd}/replica}}`;
    writeFileSync(join(cwd, 'c.yml'), `mcp-addr: "127.0.0.1:0"\n${settings}\ndbs: [${database}]\n`);
    const daemon = new Daemon(t, ['-config', 'c.yml'], cwd);
    const line = await daemon.line(/serving MCP tools/);
    return new McpScene(t, cwd, application, daemon, /addr=(\S+)/.exec(line)![1]!);
  }

  /** The next process, with other settings, after this one was stopped. */
  again(settings: string): Promise<McpScene> {
    return McpScene.#start(this.#t, this.cwd, this.application, settings);
  }

  path(name: string): string {
    return join(this.cwd, name);
  }

  /** A client that has been introduced. */
  async client(headers: Readonly<Record<string, string>> = {}): Promise<Client> {
    const client = new Client({ name: 'test', version: '1' });
    const transport = new StreamableHTTPClientTransport(new URL(this.url), { requestInit: { headers } });
    await client.connect(transport);
    this.#t.after(() => client.close());
    return client;
  }
}

/** What a tool answers, as text and as data. The client compares the data with the schema that it was told. */
export async function call(client: Client, name: string, given: object = {}) {
  const result = (await client.callTool({ name: `litestream_${name}`, arguments: { ...given } })) as CallToolResult;
  const [content] = result.content;
  const text = content?.type === 'text' ? content.text : '';
  // biome-ignore lint/suspicious/noExplicitAny: a test looks for what it expects
  return { text, data: result.structuredContent as any, isError: result.isError === true };
}
