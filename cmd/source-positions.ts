import { readFileSync } from 'node:fs';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A place in a compiled file, as stack traces write it. */
const position = /\b(file:\/\/[^\s()]+\.js):(\d+):(\d+)/g;

/**
 * Finds the lines of the sources for those of the files that were made of them. Node's own way has to be switched on before
 * anything is loaded and reads every map, although hardly a run needs one.
 */
export class SourcePositions {
  readonly #maps = new Map<string, SourceMap | undefined>();

  /** A stack trace, or a part of one, with the places in the sources. */
  in(stack: string): string {
    return stack.replace(position, (match, url: string, line: string, column: string) => {
      const entry = this.#mapOf(url)?.findEntry(Number(line) - 1, Number(column) - 1);
      if (entry === undefined || !('originalSource' in entry)) return match;
      const source = resolve(dirname(fileURLToPath(url)), entry.originalSource);
      return `${source}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
    });
  }

  #mapOf(url: string): SourceMap | undefined {
    if (!this.#maps.has(url)) this.#maps.set(url, readMap(`${url}.map`));
    return this.#maps.get(url);
  }
}

function readMap(url: string): SourceMap | undefined {
  try {
    return new SourceMap(JSON.parse(readFileSync(fileURLToPath(url), 'utf8')) as SourceMapPayload);
  } catch {
    return undefined; // no map beside it: the places stay as they are
  }
}
