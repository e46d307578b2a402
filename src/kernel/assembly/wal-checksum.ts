// SQLite's running WAL checksum: two 32-bit sums that feed each other, over pairs of words in either byte order.
// The sums travel packed: s1 in the low half, s2 in the high half.

/** Folds `length` bytes, a multiple of 8. */
export function walChecksum(sums: u64, from: usize, length: usize, bigEndian: bool): u64 {
  let s1 = <u32>sums;
  let s2 = <u32>(sums >> 32);
  const end = from + length;
  if (bigEndian) {
    for (; from + 16 <= end; from += 16) {
      const raw = v128.load(from);
      const words = v128.shuffle<u8>(raw, raw, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
      s1 += s2 + i32x4.extract_lane(words, 0);
      s2 += s1 + i32x4.extract_lane(words, 1);
      s1 += s2 + i32x4.extract_lane(words, 2);
      s2 += s1 + i32x4.extract_lane(words, 3);
    }
    for (; from < end; from += 8) {
      s1 += s2 + bswap<u32>(load<u32>(from));
      s2 += s1 + bswap<u32>(load<u32>(from, 4));
    }
  } else {
    for (; from < end; from += 8) {
      s1 += s2 + load<u32>(from);
      s2 += s1 + load<u32>(from, 4);
    }
  }
  return (<u64>s2 << 32) | s1;
}

/**
 * Counts the valid ones of `count` WAL frames at `frames`; the running sums at `sums` go on to the last valid one.
 * `salts` are the 8 raw bytes as a little-endian word.
 */
export function verifyFrames(
  frames: usize,
  count: u32,
  pageSize: u32,
  salts: u64,
  sums: usize,
  bigEndian: bool,
): u32 {
  let running = load<u64>(sums);
  let valid: u32 = 0;
  for (; valid < count; valid++) {
    const frame = frames + <usize>valid * (pageSize + 24);
    if (load<u32>(frame) == 0 || load<u64>(frame, 8) != salts) break;
    const next = walChecksum(walChecksum(running, frame, 8, bigEndian), frame + 24, pageSize, bigEndian);
    if (<u32>next != bswap<u32>(load<u32>(frame, 16)) || <u32>(next >> 32) != bswap<u32>(load<u32>(frame, 20))) break;
    running = next;
  }
  store<u64>(sums, running);
  return valid;
}
