// LZ4 block compression of at most 65536 bytes, so that a hash table of 16-bit positions is enough.

// The format's end rules: the last 5 bytes are literals, and a match begins at least 12 bytes before the end.
const lastLiterals: usize = 5;
const matchStartLimit: usize = 12;
const skipTrigger: u32 = 7;

function slotOf(table: usize, at: usize, shift: u32): usize {
  return table + (<usize>((load<u32>(at) * 0x9e3779b1) >> shift) << 1);
}

function putLength(to: usize, length: usize): usize {
  let rest = length - 15;
  for (; rest >= 255; rest -= 255) store<u8>(to++, 255);
  store<u8>(to, rest);
  return to + 1;
}

/** Writes the token of a sequence and the rest of its literal length; the low half of the token comes with the match. */
function putToken(token: usize, literals: usize): usize {
  if (literals < 15) {
    store<u8>(token, literals << 4);
    return token + 1;
  }
  store<u8>(token, 0xf0);
  return putLength(token + 1, literals);
}

/** Copies in steps of 16 bytes and so writes up to 15 bytes more than asked for. */
function copyAhead(to: usize, from: usize, length: usize): void {
  const end = to + length;
  do {
    v128.store(to, v128.load(from));
    to += 16;
    from += 16;
  } while (to < end);
}

/** Where the bytes at `at` and `candidate` begin to differ, seen from `at` and not beyond `limit`. */
function matchEnd(at: usize, candidate: usize, limit: usize): usize {
  while (at + 8 <= limit) {
    const difference = load<u64>(at) ^ load<u64>(candidate);
    if (difference != 0) return at + <usize>(ctz(difference) >> 3);
    at += 8;
    candidate += 8;
  }
  while (at < limit && load<u8>(at) == load<u8>(candidate)) {
    at++;
    candidate++;
  }
  return at;
}

/**
 * Compresses `length` bytes at `source` into a block at `target` and returns its size. `target` has room for the longest
 * block and 16 bytes more; `table` has room for 2^`tableBits` 16-bit positions.
 */
export function compressBlock(source: usize, length: usize, target: usize, table: usize, tableBits: u32): usize {
  const end = source + length;
  let anchor = source;
  let to = target;
  if (length > matchStartLimit) {
    const shift = 32 - tableBits;
    const startLimit = end - matchStartLimit;
    const matchLimit = end - lastLiterals;
    memory.fill(table, 0, <usize>2 << tableBits);
    let at = source + 1;
    while (at <= startLimit) {
      let candidate: usize = source;
      let misses: u32 = 1 << skipTrigger;
      while (at <= startLimit) {
        const slot = slotOf(table, at, shift);
        candidate = source + load<u16>(slot);
        store<u16>(slot, at - source);
        if (load<u32>(candidate) == load<u32>(at)) break;
        at += misses++ >> skipTrigger;
      }
      if (at > startLimit) break;
      while (at > anchor && candidate > source && load<u8>(at - 1) == load<u8>(candidate - 1)) {
        at--;
        candidate--;
      }
      const literals = at - anchor;
      let token = to;
      to = putToken(token, literals);
      copyAhead(to, anchor, literals);
      to += literals;
      while (true) {
        store<u16>(to, at - candidate);
        to += 2;
        const start = at + 4;
        at = matchEnd(start, candidate + 4, matchLimit);
        const code = at - start;
        if (code >= 15) {
          store<u8>(token, load<u8>(token) | 15);
          to = putLength(to, code);
        } else {
          store<u8>(token, load<u8>(token) | code);
        }
        anchor = at;
        if (at > startLimit) break;
        store<u16>(slotOf(table, at - 2, shift), at - 2 - source);
        const slot = slotOf(table, at, shift);
        candidate = source + load<u16>(slot);
        store<u16>(slot, at - source);
        if (load<u32>(candidate) != load<u32>(at)) break;
        token = to++;
        store<u8>(token, 0);
      }
      at++;
    }
  }
  const literals = end - anchor;
  to = putToken(to, literals);
  memory.copy(to, anchor, literals);
  return to + literals - target;
}
