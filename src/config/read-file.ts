import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { messageOf, systemErrorCode } from '../runtime/typed-error.ts';
import { ConfigError } from './config-error.ts';
import { expandPath } from './database-paths.ts';
import { expandEnvironment } from './environment-expansion.ts';
import type { DatabaseConfig, NormalConfig } from './normal-config.ts';
import type { NormaliseContext } from './normalise.ts';
import type { ConfigFile } from './schema/config.ts';

/** The part of the process that configuration depends on; `cmd` or the library's caller hands it in. */
export interface ConfigEnvironment extends NormaliseContext {
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly processId: number;
}

export interface LoadedConfig {
  readonly config: NormalConfig;
  /** What the file says, checked. */
  readonly given: ConfigFile;
  readonly file: string;
  /** Variables that the file names and that are not set: worth a warning. */
  readonly missingVariables: readonly string[];
  /** A database that the file does not list, with the settings that stand at its top. Throws ConfigError. */
  databaseAt(path: string, replicaUrl: string): DatabaseConfig;
}

export interface ReadConfigOptions {
  /** Default: the variable LITESTREAM_CONFIG, else /etc/litestream.yml. */
  readonly file?: string | undefined;
  /** `keep`: what looks like a variable stays as it stands. Default `expand`. */
  readonly variables?: 'expand' | 'keep' | undefined;
}

export const defaultConfigFile = '/etc/litestream.yml';

/** Reads and checks a config file. Throws a ConfigError: `not-found`, `unreadable`, or what is wrong in it. */
export async function readConfigFile(
  options: ReadConfigOptions,
  environment: ConfigEnvironment,
): Promise<LoadedConfig> {
  const file = configFile(options, environment);
  const text = await readText(file);
  const { text: expanded, missing } =
    options.variables === 'keep'
      ? { text, missing: [] }
      : expandEnvironment(text, environment.variables, environment.processId);
  // What reads YAML and knows every key takes longest to load, and most commands work without a file too.
  const [{ parseConfig }, { normalise }] = await Promise.all([import('./parse-config.ts'), import('./normalise.ts')]);
  const parsed = parseConfig(expanded, file);
  const databaseAt = (path: string, url: string): DatabaseConfig =>
    normalise({ ...parsed, dbs: [{ path, replica: { url } }] }, environment).databases[0]!;
  return { config: normalise(parsed, environment), given: parsed, file, missingVariables: missing, databaseAt };
}

/** As `readConfigFile`, but undefined when no file was asked for and there is none in the default place. */
export async function readConfigFileIfAny(
  options: ReadConfigOptions,
  environment: ConfigEnvironment,
): Promise<LoadedConfig | undefined> {
  try {
    return await readConfigFile(options, environment);
  } catch (error) {
    const isDefault = options.file === undefined && !environment.variables.LITESTREAM_CONFIG;
    if (isDefault && error instanceof ConfigError && error.code === 'not-found') return undefined;
    throw error;
  }
}

function configFile(options: ReadConfigOptions, environment: ConfigEnvironment): string {
  const file = options.file ?? (environment.variables.LITESTREAM_CONFIG || defaultConfigFile);
  return resolve(expandPath(file, environment));
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') {
      const hint = 'name one with -config or LITESTREAM_CONFIG';
      throw new ConfigError('not-found', `Cannot read config ${file}: it does not exist`, { cause: error, hint });
    }
    const current = messageOf(error);
    throw new ConfigError('unreadable', `Cannot read config ${file}: ${current}`, { cause: error });
  }
}
