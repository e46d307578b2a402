/** What a follow loop tells and asks whoever drives it. */
export interface FollowEvents {
  /** After a new local file. */
  onFile(): void;
  /** While frames keep coming the database is polled, and file events are not wanted. */
  onBusy(busy: boolean): void;
  /** How long to wait between two files, the last of which took `tookMs`: longer while no replica accepts any. */
  fileIntervalMs(tookMs: number): number;
  /** Work that must not run beside a sync; resolves with whether it has used the attachment. */
  betweenSyncs(): Promise<boolean>;
}
