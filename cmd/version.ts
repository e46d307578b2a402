import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineCommand, printJson } from './command.ts';
import { jsonFlag, toggle } from './flag.ts';
import { refuseWords } from './words.ts';

export const versionCommand = defineCommand({
  name: 'version',
  description: 'The version command prints the version of this program.',
  usage: [''],
  flags: { ...jsonFlag, verbose: toggle('Print the versions of Node and of the platform too') },
  examples: [['Print the version.', 'version']],
  async run({ flags, words }, io) {
    refuseWords('version', words);
    const version = programVersion();
    const platform = `${process.platform}/${process.arch}`;
    if (flags.json) printJson(io, flags.verbose ? { version, node: process.version, platform } : { version });
    else if (flags.verbose) io.print(`Version:  ${version}\nNode:     ${process.version}\nPlatform: ${platform}`);
    else io.print(version);
    return undefined;
  },
});

/** `v` and the version in package.json, which stands above the compiled files. */
export function programVersion(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
  return `v${version}`;
}
