/** The host of an endpoint, with its port where it has one; a scheme is optional. Undefined when it is no endpoint. */
export function endpointHost(endpoint: string): string | undefined {
  const [, host] = /^(?:https?:\/\/)?([^/?#@\s]+)(?:\/[^?#@\s]*)?$/i.exec(endpoint.trim()) ?? [];
  return host?.toLowerCase();
}

/** The endpoint with a scheme: `http` for this machine and private networks, else `https`, as Litestream chooses. */
export function endpointUrl(endpoint: string): string {
  if (/^https?:\/\//i.test(endpoint)) return endpoint;
  return `${isPrivateHost(endpointHost(endpoint) ?? '') ? 'http' : 'https'}://${endpoint}`;
}

/** Whether a host, with or without a port, names this machine or one of a private network. */
export function isPrivateHost(host: string): boolean {
  const name = host.replace(/:\d+$/, '');
  return (
    name === 'localhost' ||
    name === '[::1]' ||
    /\.(local|localhost)$/.test(name) ||
    /^(127|10|192\.168|172\.(1[6-9]|2\d|3[01]))(\.\d+)+$/.test(name)
  );
}
