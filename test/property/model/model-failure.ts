export type ModelFailureKind =
  /** A state was restored that the database never had at that TXID, or one that cannot be restored. */
  | 'wrong-state'
  /** The sidecar lost frames that its read marks should have kept. */
  | 'position-lost'
  /** The sidecar no longer ships what was committed. */
  | 'not-shipped';

/** The replica is not what the model says it has to be. */
export class ModelFailure extends Error {
  override readonly name = 'ModelFailure';
  readonly kind: ModelFailureKind;

  constructor(kind: ModelFailureKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}
