import { defineCommand } from './command.ts';
import { loadConfig } from './database-lookup.ts';
import { configFlags, toggle } from './flag.ts';
import { refuseWords } from './words.ts';

export const configCommand = defineCommand({
  name: 'config',
  description:
    'The config command checks the config file and prints what it comes to: every setting in effect, with "# default" behind what the file does not say, and secrets masked.',
  usage: ['-check', '-schema'],
  flags: {
    ...configFlags,
    check: toggle('Check the file and print the settings in effect. This is what happens without flags too'),
    schema: toggle('Print a JSON schema of config files, for editors'),
  },
  notes: [
    'Errors are listed with file, line and column, and the exit code is 1. Databases are not looked at.',
    'An editor with the YAML language server takes the schema by a first line such as: # yaml-language-server: $schema=/path/to/schema.json',
  ],
  examples: [
    ['Check the config file before a reload.', 'config -check && systemctl reload litestream'],
    ['Give an editor the schema.', 'config -schema > litestream.schema.json'],
  ],
  async run({ flags, words }, io) {
    refuseWords('config', words);
    if (flags.schema) {
      const { configJsonSchema } = await import('../src/config/schema/json-schema.ts');
      io.print(JSON.stringify(configJsonSchema(), null, 2));
      return undefined;
    }
    const { config, given, file, missingVariables } = await loadConfig(flags, io.environment);
    const { effectiveYaml } = await import('../src/config/effective/effective-config.ts');
    io.print(`# ${file}\n${effectiveYaml(given, config).trimEnd()}`);
    for (const name of missingVariables)
      io.tell(`Warning: the config file names the variable ${name}, which is not set`);
    return undefined;
  },
});
