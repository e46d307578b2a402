// LZ4 block decompression that never reads outside its source nor writes outside its target.

/** Copies a match of at least 4 bytes; nothing is written at or after `targetEnd`. */
function copyMatch(to: usize, offset: usize, length: usize, targetEnd: usize): void {
  const end = to + length;
  if (offset == 1) {
    memory.fill(to, load<u8>(to - 1), length);
    return;
  }
  let from = to - offset;
  if (offset < 16) {
    // The text repeats every `offset` bytes: after 16 of them a multiple of that is far enough back for whole vectors.
    const bytewise = min<usize>(end, to + 16);
    while (to < bytewise) store<u8>(to++, load<u8>(from++));
    from = to - ((15 + offset) / offset) * offset;
  }
  if (targetEnd - end >= 16) {
    for (; to < end; to += 16, from += 16) v128.store(to, v128.load(from));
  } else {
    for (; to + 16 <= end; to += 16, from += 16) v128.store(to, v128.load(from));
    while (to < end) store<u8>(to++, load<u8>(from++));
  }
}

/**
 * Decompresses the block of `length` bytes at `source` into at most `room` bytes at `target`. Returns the bytes written, or
 * -1 when it is not a block that fits. `length` is at most the longest block of `room` bytes, so that no sum overflows.
 */
export function decompressBlock(source: usize, length: usize, target: usize, room: usize): i32 {
  const sourceEnd = source + length;
  const targetEnd = target + room;
  let from = source;
  let to = target;
  while (from < sourceEnd) {
    const token: usize = load<u8>(from++);
    let literals = token >> 4;
    let code = token & 15;
    // Short literals and a short match, both well inside: 14 literals, the offset and 18 bytes of match at the most.
    if (literals < 15 && sourceEnd - from >= 18 && targetEnd - to >= 32) {
      v128.store(to, v128.load(from));
      to += literals;
      from += literals;
      const offset: usize = load<u16>(from);
      if (code < 15 && offset >= 8) {
        if (offset > to - target) return -1;
        from += 2;
        const match = to - offset;
        store<u64>(to, load<u64>(match));
        store<u64>(to, load<u64>(match, 8), 8);
        store<u16>(to, load<u16>(match, 16), 16);
        to += code + 4;
        continue;
      }
    } else {
      if (literals == 15) {
        let byte: usize;
        do {
          if (from >= sourceEnd) return -1;
          byte = load<u8>(from++);
          literals += byte;
        } while (byte == 255);
      }
      if (literals > sourceEnd - from || literals > targetEnd - to) return -1;
      if (sourceEnd - from - literals >= 16 && targetEnd - to - literals >= 16) {
        for (let done: usize = 0; done < literals; done += 16) v128.store(to + done, v128.load(from + done));
      } else {
        memory.copy(to, from, literals);
      }
      to += literals;
      from += literals;
      if (from == sourceEnd) return <i32>(to - target);
      if (sourceEnd - from < 2) return -1;
    }
    const offset: usize = load<u16>(from);
    from += 2;
    if (offset == 0 || offset > to - target) return -1;
    if (code == 15) {
      let byte: usize;
      do {
        if (from >= sourceEnd) return -1;
        byte = load<u8>(from++);
        code += byte;
      } while (byte == 255);
    }
    const match = code + 4;
    if (match > targetEnd - to) return -1;
    copyMatch(to, offset, match, targetEnd);
    to += match;
  }
  return -1;
}
