import { ConfigError } from './config-error.ts';
import type { GuardedAddress, ListenAddress } from './normal-config.ts';

/**
 * Where a server listens that is not for everybody: an address without a host is this machine's own, and one that other
 * machines reach needs a token. Throws ConfigError `invalid`.
 */
export function guarded(
  key: string,
  address: ListenAddress | undefined,
  token: string | undefined,
): GuardedAddress | undefined {
  if (address === undefined) return undefined;
  const host = address.host ?? '127.0.0.1';
  if (token !== undefined || isLoopback(host)) return { address: { ...address, host }, token };
  const tokenKey = key === 'mcp-addr' ? 'mcp-token' : 'dashboard.token';
  throw new ConfigError('invalid', `Cannot use config: ${key} ${host} is reached by other machines without a token`, {
    hint: `Set ${tokenKey}, or listen on 127.0.0.1`,
  });
}

/** Whether only programs of this machine reach the host: a name or an address, IPv6 with or without brackets. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, '').toLowerCase();
  return name === 'localhost' || name === '::1' || /^127(\.\d{1,3}){3}$/.test(name);
}
