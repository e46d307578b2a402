import { endpointHost } from './endpoint.ts';

/** What a store that is not AWS needs, unless the settings say otherwise. Payloads are signed everywhere. */
export interface ProviderTraits {
  readonly name: string;
  readonly forcePathStyle?: boolean | undefined;
  readonly requireContentMd5?: boolean | undefined;
  /** How many parts of one upload may be under way. */
  readonly concurrency?: number | undefined;
  /** Headers that go with every request. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

interface Provider extends ProviderTraits {
  readonly host: RegExp;
}

/** In the order they are held against an endpoint's host; the last one is any other host with a port. */
const providers: readonly Provider[] = [
  {
    name: 'Tigris',
    host: /^(fly\.storage\.tigris\.dev|t3\.storage\.dev)$/,
    requireContentMd5: false,
    headers: { 'x-tigris-consistent': 'true' }, // a listing or read right after a write must show it
  },
  { name: 'Cloudflare R2', host: /\.r2\.cloudflarestorage\.com$/, concurrency: 2 },
  { name: 'Backblaze B2', host: /\.backblazeb2\.com$/, forcePathStyle: true },
  { name: 'Filebase', host: /^s3\.filebase\.com$/, forcePathStyle: true },
  { name: 'Supabase', host: /\.supabase\.co$/, forcePathStyle: true },
  { name: 'DigitalOcean Spaces', host: /\.digitaloceanspaces\.com$/ },
  { name: 'Scaleway', host: /\.scw\.cloud$/ },
  { name: 'Hetzner', host: /\.your-objectstorage\.com$/ },
  { name: 'AWS', host: /\.amazonaws\.com(:\d+)?$/ },
  { name: 'MinIO', host: /:\d+$/, forcePathStyle: true },
];

/** The provider behind an endpoint; undefined for one that is not known, and for AWS without an endpoint. */
export function providerOf(endpoint: string | undefined): ProviderTraits | undefined {
  const host = endpoint === undefined ? undefined : endpointHost(endpoint);
  return host === undefined ? undefined : providers.find((provider) => provider.host.test(host));
}
